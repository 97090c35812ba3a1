/** Candidates by a string that they compare: equal ones in a hash, prefixes and the literal beginnings of regexes in a tree. */
import type { PathMatch, StringMatch } from '../snapshot.ts';
import { RadixTree } from './radix-tree.ts';
import { literalPrefix } from './regex-literal.ts';

/** Where in an index a condition belongs. */
export interface IndexKey {
  kind: 'exact' | 'prefix';
  value: string;
}

/** Suffixes, substrings and whatever ignores case go to the root, where every string passes. */
export function indexKeyOf(match: PathMatch | StringMatch | { kind: 'present' }): IndexKey {
  if (match.kind === 'present' || ('ignoreCase' in match && match.ignoreCase)) return ANYTHING;
  if (match.kind === 'exact' || match.kind === 'prefix') return { kind: match.kind, value: match.value };
  return match.kind === 'regex' ? { kind: 'prefix', value: literalPrefix(match.value) } : ANYTHING;
}

export const ANYTHING: IndexKey = { kind: 'prefix', value: '' };

export class StringIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefixes = new RadixTree<T>();

  /** `entries` under one key are gathered and made into one value by `gather`. */
  constructor(entries: Iterable<readonly [IndexKey, number]>, gather: (members: number[]) => T) {
    const exact = new Map<string, number[]>();
    const prefixes = new Map<string, number[]>();
    for (const [{ kind, value }, member] of entries) {
      const groups = kind === 'exact' ? exact : prefixes;
      const group = groups.get(value);
      if (group === undefined) groups.set(value, [member]);
      else group.push(member);
    }
    for (const [value, members] of exact) this.#exact.set(value, gather(members));
    for (const [value, members] of prefixes) this.#prefixes.set(value, gather(members));
  }

  visit(value: string, visit: (found: T) => void): void {
    const exact = this.#exact.get(value);
    if (exact !== undefined) visit(exact);
    this.#prefixes.visitPrefixesOf(value, visit);
  }
}
