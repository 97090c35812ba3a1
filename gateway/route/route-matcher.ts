/** RouteMatch as a predicate on the Exchange, folded once. Every condition is one small function; all must hold. */
import type { Exchange } from '../exchange.ts';
import { anyLine } from '../listener/header-lines.ts';
import type { HeaderMatch, PathMatch, QueryParamMatch, RouteMatch } from '../snapshot.ts';
import { claimCondition } from './claim-matcher.ts';
import { queryParameter } from './query.ts';
import { regexTest, type Test, testOf } from './string-matcher.ts';

export type Condition = (exchange: Exchange) => boolean;
export type Matcher = (exchange: Exchange, path: string) => boolean;

export function matcherOf(match: RouteMatch): Matcher {
  const path = match.path === undefined ? undefined : pathTest(match.path, match.caseInsensitive ?? false);
  const others = conditionsOf(match);
  return (exchange, requestPath) =>
    (path === undefined || path(requestPath)) && others.every((condition) => condition(exchange));
}

/** Everything but the path. */
export function conditionsOf(match: RouteMatch): Condition[] {
  return [
    ...(match.headers ?? []).map(headerCondition),
    ...(match.queryParams ?? []).map(queryCondition),
    ...(match.claims ?? []).map(claimCondition),
  ];
}

/** On the path without query. ignoreUriCase touches exact and prefix only (as captured). */
export function pathTest(match: PathMatch, ignoreCase: boolean): Test {
  if (match.kind === 'regex') return regexTest(match.value);
  return testOf({ kind: match.kind, value: match.value, ignoreCase });
}

export function headerCondition(match: HeaderMatch): Condition {
  const test = testOf(match.match);
  const read = headerReader(match.name);
  const invert = match.invert ?? false;
  // Istio has Envoy treat a header that withoutHeaders does not find as an empty one; "is there" stays what it says.
  const missing = invert && (match.match.kind === 'present' || !test(''));
  return (exchange) => {
    const value = read(exchange);
    return value === null ? missing : anyLine(match.name, value, test) !== invert;
  };
}

/** Pseudo headers come from the exchange; `:authority` keeps its port and case. */
export function headerReader(name: string): (exchange: Exchange) => string | null {
  switch (name) {
    case ':method':
      return (exchange) => exchange.method;
    case ':scheme':
      return (exchange) => exchange.scheme;
    case ':authority':
    case 'host':
      return (exchange) => exchange.authority;
    case ':path':
      return (exchange) => exchange.path;
    default:
      return (exchange) => exchange.requestHeaders.get(name);
  }
}

function queryCondition(match: QueryParamMatch): Condition {
  // No parameter's name has the sign in it that ends it.
  if (match.name.includes('=')) return () => false;
  const test = testOf(match.match);
  return (exchange) => {
    const value = queryParameter(exchange.path, match.name);
    return value !== undefined && test(value);
  };
}
