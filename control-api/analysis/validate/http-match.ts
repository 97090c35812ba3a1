/** One match of an HTTP rule, as Istio's webhook judges it. */
import { httpHeaderName, labels, port, stringMatchRegexp } from './common.ts';
import type { HttpRoute, RouteContext } from './http-route.ts';
import type { Issues } from './issues.ts';

export type HttpMatch = NonNullable<HttpRoute['match']>[number];
type Headers = NonNullable<HttpMatch['headers']>;

const CLAIMS = /^@request\.auth\.claims[.[]/i;

export function validateMatch(match: HttpMatch, context: RouteContext, issues: Issues): void {
  validateHeaderMatches(match.headers, context, issues.at('headers'));
  validateHeaderMatches(match.withoutHeaders, context, issues.at('withoutHeaders'));
  for (const field of ['uri', 'scheme', 'method', 'authority'] as const) {
    issues.at(field).check(stringMatchRegexp(match[field], field));
  }
  for (const [name, param] of Object.entries(match.queryParams ?? {})) {
    issues.at('queryParams', name).check(stringMatchRegexp(param, 'queryParams'));
  }
  issues.at('sourceLabels').check(...labels(match.sourceLabels ?? {}));
  if (match.port) issues.at('port').check(port(match.port));
}

function validateHeaderMatches(headers: Headers | undefined, { onGateway, role }: RouteContext, issues: Issues): void {
  for (const [name, match] of Object.entries(headers ?? {})) {
    const at = issues.at(name);
    at.check(stringMatchRegexp(match, 'headers'));
    if (!CLAIMS.test(name)) at.check(headerNameProblem(name));
    else if (!onGateway && role === 'root')
      at.error(`JWT claim based routing (key: ${name}) is only supported for gateway, found no gateways: []`);
  }
}

/** `:authority` and the like may be matched on. */
function headerNameProblem(name: string): string | undefined {
  return name.startsWith(':') ? undefined : httpHeaderName(name);
}
