/** Finds everything that is filed under a text: as the text itself, as one of its beginnings, or of its ends. */
import type { IndexKey } from './value-test.ts';

export interface Lookup<T> {
  add(key: Pick<IndexKey, 'kind' | 'text'>, item: T): void;
  /** Calls `visit` for every item filed under a key that fits; an item with several such keys comes several times. */
  find(text: string, visit: (item: T) => void): void;
}

/** Costs one look-up for each distinct length of a key, whatever the number of keys. */
export function lookup<T>(): Lookup<T> {
  const exact = new Map<string, T[]>();
  const prefixes = byLength<T>();
  const suffixes = byLength<T>();
  return {
    add({ kind, text }, item) {
      if (kind === 'exact') file(exact, text, item);
      else (kind === 'prefix' ? prefixes : suffixes).add(text, item);
    },
    find(text, visit) {
      const items = exact.get(text);
      if (items) for (const item of items) visit(item);
      prefixes.find(text, (length) => text.slice(0, length), visit);
      suffixes.find(text, (length) => text.slice(text.length - length), visit);
    },
  };
}

function file<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}

function byLength<T>() {
  const lengths: { length: number; keys: Map<string, T[]> }[] = [];
  return {
    add(text: string, item: T): void {
      let entry = lengths.find(({ length }) => length === text.length);
      if (!entry) {
        entry = { length: text.length, keys: new Map() };
        lengths.push(entry);
        lengths.sort((a, b) => a.length - b.length);
      }
      file(entry.keys, text, item);
    },
    find(text: string, cut: (length: number) => string, visit: (item: T) => void): void {
      for (const { length, keys } of lengths) {
        if (length > text.length) return;
        const items = keys.get(cut(length));
        if (items) for (const item of items) visit(item);
      }
    },
  };
}
