/** Candidates by a string that they compare: equal ones in a hash, prefixes and the literal beginnings of regexes in a tree. */
import type { PathMatch, StringMatch } from '../snapshot.ts';
import { PrefixTree } from './prefix-tree.ts';
import { literalPrefix } from './regex-literal.ts';

/** Where in an index a condition belongs. */
export interface IndexKey {
  kind: 'exact' | 'prefix';
  value: string;
}

/** Suffixes, substrings and whatever ignores case go to the root, where every string passes. */
export function indexKeyOf(match: PathMatch | StringMatch | { kind: 'present' }): IndexKey {
  if (match.kind === 'present' || ('ignoreCase' in match && match.ignoreCase)) return ANYTHING;
  if (match.kind === 'exact' || match.kind === 'prefix') return match as IndexKey;
  return match.kind === 'regex' ? { kind: 'prefix', value: literalPrefix(match.value) } : ANYTHING;
}

export const ANYTHING: IndexKey = { kind: 'prefix', value: '' };

/** What `gather` makes of the members under one key is made when a request first comes there. */
export class StringIndex<T> {
  /** A single member stands as it is. */
  readonly #exact = new Map<string, number | number[]>();
  readonly #made = new Map<string, T>();
  readonly #prefixes: PrefixTree<T>;
  /** Of the tree's entries. */
  readonly #prefixed: number[] = [];
  readonly #gather: (members: number[]) => T;

  constructor(gather: (members: number[]) => T) {
    this.#gather = gather;
    this.#prefixes = new PrefixTree((entries) => gather(entries.map((entry) => this.#prefixed[entry]!)));
  }

  /** Members of one key are gathered in the order in which they are added; all of them before the first visit. */
  add({ kind, value }: IndexKey, member: number): void {
    if (kind === 'prefix') {
      this.#prefixes.add(value);
      this.#prefixed.push(member);
      return;
    }
    const known = this.#exact.get(value);
    if (known === undefined) this.#exact.set(value, member);
    else if (typeof known === 'number') this.#exact.set(value, [known, member]);
    else known.push(member);
  }

  visit(value: string, visit: (found: T) => void): void {
    const exact = this.#made.get(value) ?? this.#make(value);
    if (exact !== undefined) visit(exact);
    this.#prefixes.visitPrefixesOf(value, visit);
  }

  #make(value: string): T | undefined {
    const members = this.#exact.get(value);
    if (members === undefined) return undefined;
    const made = this.#gather(typeof members === 'number' ? [members] : members);
    this.#made.set(value, made);
    return made;
  }

  /** In pieces what the first requests would else have to do. */
  warm(): Generator<void> {
    return this.#prefixes.warm();
  }
}
