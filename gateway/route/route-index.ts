/** First-match search over the routes of one virtual host. */
import type { Exchange } from '../exchange.ts';
import type { Route } from '../snapshot.ts';
import { type Matcher, matcherOf } from './route-matcher.ts';

export class RouteIndex {
  readonly #entries: { route: Route; matches: Matcher }[];

  constructor(routes: readonly Route[]) {
    this.#entries = routes.map((route) => ({ route, matches: matcherOf(route.match) }));
  }

  find(exchange: Exchange): Route | undefined {
    const at = exchange.path.indexOf('?');
    const path = at < 0 ? exchange.path : exchange.path.slice(0, at);
    return this.#entries.find((entry) => entry.matches(exchange, path))?.route;
  }
}
