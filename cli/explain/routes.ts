/** Why a virtual host's routes were taken or passed over, condition by condition, in the words of `check`. */
import type { OrderedHost } from '../../control-api/analysis/merge-order.ts';
import type { HttpExchange } from '../../gateway/listener/http-exchange.ts';
import { conditionsOf, pathTest } from '../../gateway/route/route-matcher.ts';
import type { Route, RouteMatch } from '../../gateway/snapshot.ts';

export interface TriedRoute {
  /** `VirtualService default/reviews http[1].match[0]` */
  route: string;
  /** `file:line:col` */
  at?: string;
  match: string;
  action: string;
  matched: boolean;
  /** Conditions that did not hold; empty for the one that was taken. */
  because: string[];
}

/** All routes that were tried until one fitted, with the exchange as it is now. */
export function triedRoutes(exchange: HttpExchange, order: OrderedHost | undefined): TriedRoute[] {
  const tried: TriedRoute[] = [];
  for (const [index, route] of (exchange.virtualHost?.routes ?? []).entries()) {
    const { resource, path = '', at, match, action } = order!.routes[index]!;
    const because = failures(route, exchange);
    const matched = route === exchange.route;
    tried.push({ route: `${resource} ${path}`.trim(), ...(at && { at }), match, action, matched, because });
    if (matched) break;
  }
  return tried;
}

function failures({ match }: Route, exchange: HttpExchange): string[] {
  const path = exchange.path.split('?', 1)[0] ?? '';
  const because: string[] = [];
  if (match.path && !pathTest(match.path, match.caseInsensitive ?? false)(path)) {
    because.push(`the path ${path} is not ${match.path.kind} ${match.path.value}`);
  }
  const names = conditionNames(match);
  for (const [index, holds] of conditionsOf(match).entries()) {
    if (!holds(exchange)) because.push(`${names[index]} does not hold`);
  }
  return because;
}

/** In the order of conditionsOf(). */
function conditionNames({ headers = [], queryParams = [], claims = [] }: RouteMatch): string[] {
  return [
    ...headers.map(({ name, invert }) => `${invert ? 'without ' : ''}header ${name}`),
    ...queryParams.map(({ name }) => `query parameter ${name}`),
    ...claims.map(({ path, invert }) => `${invert ? 'without ' : ''}claim ${path.join('.')}`),
  ];
}
