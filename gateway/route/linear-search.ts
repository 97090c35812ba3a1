/** First match by trying one route after the other: what the index must agree with, and the tests' oracle for it. */
import type { Exchange } from '../exchange.ts';
import type { Route } from '../snapshot.ts';
import { matcherOf } from './route-matcher.ts';

export function linearSearch(routes: readonly Route[]): (exchange: Exchange) => Route | undefined {
  const entries = routes.map((route) => ({ route, matches: matcherOf(route.match) }));
  return (exchange) => entries.find(({ matches }) => matches(exchange, exchange.path.split('?', 1)[0]!))?.route;
}
