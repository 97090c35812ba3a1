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

/** What a route asks of each discriminator, `header x` or `query x`. Inverted conditions sort nothing. */
function eachKey({ match }: Candidate, visit: (name: string, key: IndexKey) => void): void {
  for (const { name, match: value, invert } of match.headers ?? [])
    if (!invert) visit(`header ${name}`, indexKeyOf(value));
  for (const { name, match: value } of match.queryParams ?? []) visit(`query ${name}`, indexKeyOf(value));
}

function divide(
  candidates: readonly Candidate[],
  used: ReadonlySet<string>,
): { rest: readonly Candidate[]; divisions: Division[] } {
  const variety = varietyOf(candidates);
  const divisions = new Map<string, Division>();
  const rest: Candidate[] = [];
  candidates.forEach((candidate, number) => {
    const best = mostTelling(candidate, variety, used);
    if (best === undefined) rest.push(candidate);
    else divisionBy(best.name, divisions, candidates, used).index.add(best.key, number);
  });
  return { rest, divisions: [...divisions.values()] };
}

function divisionBy(
  name: string,
  divisions: Map<string, Division>,
  candidates: readonly Candidate[],
  used: ReadonlySet<string>,
): Division {
  const known = divisions.get(name);
  if (known) return known;
  const below = new Set(used).add(name);
  const gather = (numbers: number[]) =>
    new Bucket(
      numbers.map((number) => candidates[number]!),
      below,
    );
  const division = { read: readerOf(name), index: new StringIndex(gather) };
  divisions.set(name, division);
  return division;
}

/** More different values than this tell nothing more. */
const MUCH_VARIETY = 1000;

/** How many different values each discriminator has among the candidates, as far as it matters. */
function varietyOf(candidates: readonly Candidate[]): Map<string, number> {
  const values = new Map<string, Set<string>>();
  const add = (name: string, { value }: IndexKey): void => {
    const known = values.get(name);
    if (known === undefined) values.set(name, new Set([value]));
    else if (known.size < MUCH_VARIETY) known.add(value);
  };
  for (const candidate of candidates) eachKey(candidate, add);
  return new Map(Array.from(values, ([name, set]) => [name, set.size]));
}

/** What the route asks of the discriminator that leaves the fewest others. */
function mostTelling(
  candidate: Candidate,
  variety: ReadonlyMap<string, number>,
  used: ReadonlySet<string>,
): { name: string; key: IndexKey } | undefined {
  let best: { name: string; key: IndexKey; variety: number } | undefined;
  eachKey(candidate, (name, key) => {
    const values = variety.get(name)!;
    if (used.has(name) || key.value === '' || values < 2) return;
    if (best === undefined || values > best.variety) best = { name, key, variety: values };
  });
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
