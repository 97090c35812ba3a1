/**
 * First-match search whose cost does not grow with the number of routes. Routes are sorted into buckets by what they ask of
 * the path, crowded buckets further by what they ask of a header or query parameter. A request visits the few
 * buckets that it can match at all; the lowest position that holds wins, as in a scan from the top.
 */
import type { Exchange } from '../exchange.ts';
import { finish } from '../sliced.ts';
import type { Route } from '../snapshot.ts';
import { Bucket, type Search } from './bucket.ts';
import { ANYTHING, type IndexKey, indexKeyOf, StringIndex } from './string-index.ts';

/** Some milliseconds of work. */
const ROUTES_A_SLICE = 5000;

export class RouteIndex {
  readonly #routes: readonly Route[];
  readonly #paths: StringIndex<Bucket>;
  /** Over the lower-cased path; absent when no route ignores case. */
  #lowerPaths: StringIndex<Bucket> | undefined;
  /** What is left to do before the first search; undefined: nothing. */
  #filling: Generator<void> | undefined;

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    this.#paths = this.#emptyIndex();
    this.#filling = this.#fill();
  }

  #emptyIndex(): StringIndex<Bucket> {
    const candidate = (position: number) => ({ position, match: this.#routes[position]!.match, rest: undefined });
    return new StringIndex((positions) => new Bucket(positions.map(candidate)));
  }

  *#fill(): Generator<void> {
    for (const [position, route] of this.#routes.entries()) {
      if (isCaseInsensitive(route)) {
        this.#lowerPaths ??= this.#emptyIndex();
        this.#lowerPaths.add(pathKeyOf(route), position);
      } else this.#paths.add(pathKeyOf(route), position);
      if (position % ROUTES_A_SLICE === ROUTES_A_SLICE - 1) yield;
    }
  }

  /** In pieces what the first requests would else have to do. */
  *warm(): Generator<void> {
    if (this.#filling) yield* this.#filling;
    this.#filling = undefined;
    yield* this.#paths.warm();
    if (this.#lowerPaths) yield* this.#lowerPaths.warm();
  }

  find(exchange: Exchange): Route | undefined {
    if (this.#filling) finish(this.#filling);
    this.#filling = undefined;
    const query = exchange.path.indexOf('?');
    const path = query < 0 ? exchange.path : exchange.path.slice(0, query);
    const search: Search = { exchange, path, best: Number.POSITIVE_INFINITY };
    const visit = (bucket: Bucket) => bucket.search(search);
    this.#paths.visit(path, visit);
    this.#lowerPaths?.visit(path.toLowerCase(), visit);
    return this.#routes[search.best];
  }
}

/** ignoreUriCase does not reach regexes (captured: match/ignore-uri-case). */
function isCaseInsensitive({ match }: Route): boolean {
  return match.caseInsensitive === true && match.path !== undefined && match.path.kind !== 'regex';
}

function pathKeyOf(route: Route): IndexKey {
  const { path } = route.match;
  if (path === undefined) return ANYTHING;
  const key = indexKeyOf(path);
  return isCaseInsensitive(route) ? { kind: key.kind, value: key.value.toLowerCase() } : key;
}
