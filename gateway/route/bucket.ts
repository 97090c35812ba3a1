/** Routes that one look-up has left over, tried in order, or sorted further when they are many. */

import type { Exchange } from '../exchange.ts';
import { linesOf } from '../listener/header-lines.ts';
import type { RouteMatch } from '../snapshot.ts';
import { queryParameter } from './query.ts';
import { conditionsOf, headerReader, pathTest } from './route-matcher.ts';
import { type IndexKey, indexKeyOf, StringIndex } from './string-index.ts';

/** One search on its way; `best` is the lowest position that matched so far. */
export interface Search {
  exchange: Exchange;
  /** Without query. */
  path: string;
  best: number;
}

export interface Candidate {
  position: number;
  match: RouteMatch;
  /** What the index has not settled; folded when a request first asks. */
  rest: ((exchange: Exchange, path: string) => boolean) | undefined;
}

/** Up to this many, trying one after the other is cheaper than another look-up. */
const FEW = 4;
const NONE: ReadonlySet<string> = new Set();

export class Bucket {
  /** The lowest position in here: no use looking when something lower is found. */
  readonly #lowest: number;
  readonly #candidates: readonly Candidate[];
  readonly #divisions: readonly Division[];

  /** @param used discriminators that have already been looked at on the way here */
  constructor(candidates: readonly Candidate[], used: ReadonlySet<string> = NONE) {
    this.#lowest = candidates[0]!.position;
    const divided = candidates.length > FEW ? divide(candidates, used) : { rest: candidates, divisions: [] };
    this.#candidates = divided.rest;
    this.#divisions = divided.divisions;
  }

  search(search: Search): void {
    if (this.#lowest >= search.best) return;
    for (const candidate of this.#candidates) {
      if (candidate.position >= search.best) break;
      if (holds(candidate, search)) {
        search.best = candidate.position;
        break;
      }
    }
    for (const { read, index } of this.#divisions)
      for (const value of read(search.exchange)) index.visit(value, (bucket) => bucket.search(search));
  }
}

function holds(candidate: Candidate, { exchange, path }: Search): boolean {
  candidate.rest ??= foldRest(candidate.match);
  return candidate.rest(exchange, path);
}

/** Exact paths and prefixes are settled by the index itself, a regex only by its literal beginning. */
function foldRest(match: RouteMatch): (exchange: Exchange, path: string) => boolean {
  const regex = match.path?.kind === 'regex' ? pathTest(match.path, false) : undefined;
  const conditions = conditionsOf(match);
  return (exchange, path) => {
    if (regex !== undefined && !regex(path)) return false;
    for (const condition of conditions) if (!condition(exchange)) return false;
    return true;
  };
}

/** A header or query parameter by which candidates differ. */
interface Division {
  read: (exchange: Exchange) => readonly string[];
  index: StringIndex<Bucket>;
}

/** `header x` or `query x`: the discriminators of a route with what it asks of each. Inverted conditions sort nothing. */
function discriminators({ match }: Candidate): Map<string, IndexKey> {
  const keys = new Map<string, IndexKey>();
  for (const { name, match: value, invert } of match.headers ?? [])
    if (!invert) keys.set(`header ${name}`, indexKeyOf(value));
  for (const { name, match: value } of match.queryParams ?? []) keys.set(`query ${name}`, indexKeyOf(value));
  return keys;
}

function divide(
  candidates: readonly Candidate[],
  used: ReadonlySet<string>,
): { rest: Candidate[]; divisions: Division[] } {
  const keys = candidates.map(discriminators);
  const variety = varietyOf(keys);
  const groups = new Map<string, number[]>();
  const rest: Candidate[] = [];
  candidates.forEach((candidate, number) => {
    const best = mostTelling(keys[number]!, variety, used);
    if (best === undefined) rest.push(candidate);
    else if (groups.has(best)) groups.get(best)!.push(number);
    else groups.set(best, [number]);
  });
  const divisions = Array.from(groups, ([name, members]): Division => {
    const below = new Set(used).add(name);
    const entries = members.map((number) => [keys[number]!.get(name)!, number] as const);
    const gather = (numbers: number[]) =>
      new Bucket(
        numbers.map((number) => candidates[number]!),
        below,
      );
    return { read: readerOf(name), index: new StringIndex(entries, gather) };
  });
  return { rest, divisions };
}

/** How many different values each discriminator has among the candidates. */
function varietyOf(keys: readonly Map<string, IndexKey>[]): Map<string, number> {
  const values = new Map<string, Set<string>>();
  for (const map of keys)
    for (const [name, { value }] of map) {
      if (!values.has(name)) values.set(name, new Set());
      values.get(name)!.add(value);
    }
  return new Map(Array.from(values, ([name, set]) => [name, set.size]));
}

function mostTelling(
  keys: ReadonlyMap<string, IndexKey>,
  variety: ReadonlyMap<string, number>,
  used: ReadonlySet<string>,
): string | undefined {
  let best: string | undefined;
  for (const [name, { value }] of keys) {
    if (used.has(name) || value === '' || variety.get(name)! < 2) continue;
    if (best === undefined || variety.get(name)! > variety.get(best)!) best = name;
  }
  return best;
}

function readerOf(discriminator: string): (exchange: Exchange) => readonly string[] {
  const name = discriminator.slice(discriminator.indexOf(' ') + 1);
  if (discriminator.startsWith('query ')) {
    return (exchange) => {
      const value = queryParameter(exchange.path, name);
      return value === undefined ? [] : [value];
    };
  }
  const read = headerReader(name);
  return (exchange) => {
    const value = read(exchange);
    return value === null ? [] : linesOf(name, value);
  };
}
