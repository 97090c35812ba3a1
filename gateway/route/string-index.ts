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

/** The members under one key; what `gather` makes of them is made when a request first comes here. */
interface Slot<T> {
  members: number[];
  value: T | undefined;
}

export class StringIndex<T> {
  readonly #exact = new Map<string, Slot<T>>();
  readonly #prefixes = new RadixTree<Slot<T>>();
  readonly #gather: (members: number[]) => T;

  /** `entries` under one key are gathered and made into one value by `gather`. */
  constructor(entries: Iterable<readonly [IndexKey, number]>, gather: (members: number[]) => T) {
    this.#gather = gather;
    const prefixes = new Map<string, Slot<T>>();
    for (const [{ kind, value }, member] of entries) {
      const slots = kind === 'exact' ? this.#exact : prefixes;
      const slot = slots.get(value);
      if (slot === undefined) slots.set(value, { members: [member], value: undefined });
      else slot.members.push(member);
    }
    for (const [value, slot] of prefixes) this.#prefixes.set(value, slot);
  }

  visit(value: string, visit: (found: T) => void): void {
    const open = (slot: Slot<T>) => {
      slot.value ??= this.#gather(slot.members);
      visit(slot.value);
    };
    const exact = this.#exact.get(value);
    if (exact !== undefined) open(exact);
    this.#prefixes.visitPrefixesOf(value, open);
  }
}
