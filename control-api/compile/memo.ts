/**
 * What one compilation leaves to the next, so that a change costs what depends on it. Resources, and whatever is derived from
 * them, never change in place: a value holds as long as every object that it was made from is the very same one. The
 * compiler is the same with a memo and without; `incremental.test.ts` holds that the results are, too.
 */
import { edited, editsOf, resorted } from './edits.ts';

export interface Memo {
  /** For values that follow from the settings, an object and `inputs`: kept as long as the object is, made again when an input is another. */
  table<V>(name: string): (key: object, inputs: readonly unknown[], make: () => V) => V;
  /** A value that follows from `inputs` and the settings; made again when one of them is another object. */
  value<V>(name: string, inputs: readonly unknown[], make: () => V): V;
  /** What `make` gives for each item, in their order: made again for new items only, so that it must follow from the item and the settings. */
  each<T, V>(name: string, items: readonly T[], make: (item: T) => V): readonly V[];
  /** The items in the order of `compare`, in which no two different ones may be equal. */
  sorted<T>(name: string, items: readonly T[], compare: (a: T, b: T) => number): readonly T[];
  /** Everything else depends on them: other ones, and nothing is known any more. */
  settings(...inputs: readonly unknown[]): void;
}

/** For a single compilation. */
export const NO_MEMO: Memo = {
  table: () => (_key, _inputs, make) => make(),
  value: (_name, _inputs, make) => make(),
  each: (_name, items, make) => items.map((item) => make(item)),
  sorted: (_name, items, compare) => items.toSorted(compare),
  settings: () => undefined,
};

interface Kept {
  inputs: readonly unknown[];
  value: unknown;
}

/** For compilations one after another, each of mostly the same resources. */
export class CompileMemo implements Memo {
  #settings: readonly unknown[] = [];
  #tables = new Map<string, WeakMap<object, Kept>>();
  #values = new Map<string, Kept>();
  #lists = new Map<string, List<unknown, unknown>>();
  #orders = new Map<string, Order<unknown>>();

  settings(...inputs: readonly unknown[]): void {
    if (sameItems(inputs, this.#settings)) return;
    this.#settings = inputs;
    this.#tables = new Map();
    this.#values = new Map();
    this.#lists = new Map();
    this.#orders = new Map();
  }

  table<V>(name: string): (key: object, inputs: readonly unknown[], make: () => V) => V {
    const known = this.#tables.get(name) ?? new WeakMap<object, Kept>();
    this.#tables.set(name, known);
    return (key, inputs, make) => {
      const found = known.get(key);
      if (found && sameItems(found.inputs, inputs)) return found.value as V;
      const value = make();
      known.set(key, { inputs, value });
      return value;
    };
  }

  value<V>(name: string, inputs: readonly unknown[], make: () => V): V {
    const known = this.#values.get(name);
    if (known && sameItems(known.inputs, inputs)) return known.value as V;
    const value = make();
    this.#values.set(name, { inputs, value });
    return value;
  }

  each<T, V>(name: string, items: readonly T[], make: (item: T) => V): readonly V[] {
    const before = this.#lists.get(name) as List<T, V> | undefined;
    const edits = before && editsOf(before.items, items);
    if (edits?.length === 0) return before!.values;
    const values = edits ? edited(before!.values, edits, make) : remade(before, items, make);
    this.#lists.set(name, { items, values });
    return values;
  }

  /** Those that were sorted before keep their order, and only the new ones are sorted in. */
  sorted<T>(name: string, items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
    const before = this.#orders.get(name) as Order<T> | undefined;
    const edits = before && editsOf(before.items, items);
    if (edits?.length === 0) return before!.order;
    const order = (edits && resorted(before!.order, edits, compare)) ?? inserted(before?.order ?? [], items, compare);
    this.#orders.set(name, { items, order });
    return order;
  }
}

/** One value for each item. */
interface List<T, V> {
  items: readonly T[];
  values: readonly V[];
}

function remade<T, V>(before: List<T, V> | undefined, items: readonly T[], make: (item: T) => V): V[] {
  const known = new Map(before?.items.map((item, index) => [item, index]));
  return items.map((item) => {
    const index = known.get(item);
    return index === undefined ? make(item) : before!.values[index]!;
  });
}

interface Order<T> {
  items: readonly T[];
  order: readonly T[];
}

function inserted<T>(order: readonly T[], items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  const fresh = new Set(items);
  const kept = order.filter((item) => fresh.delete(item));
  return merged(kept, [...fresh].sort(compare), compare);
}

/** Whether two lists hold the very same items in the same order. */
export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** One sorted list of two. */
function merged<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  if (b.length === 0) return a;
  const result: T[] = [];
  let at = 0;
  for (const item of b) {
    for (; at < a.length && compare(a[at]!, item) <= 0; at++) result.push(a[at]!);
    result.push(item);
  }
  for (; at < a.length; at++) result.push(a[at]!);
  return result;
}
