/**
 * First-match search whose cost does not grow with the number of routes. Routes are sorted into buckets by what they ask of
 * the path, crowded buckets further by what they ask of a header or query parameter. A request visits the few
 * buckets that it can match at all; the lowest position that holds wins, as in a scan from the top.
 */
import type { Exchange } from '../exchange.ts';
import type { Route } from '../snapshot.ts';
import { Bucket, type Search } from './bucket.ts';
import { ANYTHING, type IndexKey, indexKeyOf, StringIndex } from './string-index.ts';

export class RouteIndex {
  readonly #routes: readonly Route[];
  readonly #paths: StringIndex<Bucket>;
  /** Over the lower-cased path; absent when no route ignores case. */
  readonly #lowerPaths: StringIndex<Bucket> | undefined;

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    const gather = (positions: number[]) =>
      new Bucket(positions.map((position) => ({ position, match: routes[position]!.match, rest: undefined })));
    const keys = routes.map((route, position) => [pathKeyOf(route), position] as const);
    const ignoresCase = (position: number) => isCaseInsensitive(routes[position]!);
    this.#paths = new StringIndex(
      keys.filter(([, position]) => !ignoresCase(position)),
      gather,
    );
    const insensitive = keys.filter(([, position]) => ignoresCase(position));
    if (insensitive.length > 0) this.#lowerPaths = new StringIndex(insensitive, gather);
  }

  find(exchange: Exchange): Route | undefined {
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
