/** One match of an HTTP rule, as Istio's webhook judges it. */
import { claimPath } from '../../compile/match.ts';
import { httpHeaderName, labels, port, stringMatch, stringMatchRegexp } from './common.ts';
import { isDns1123Label } from './domain.ts';
import { validateGatewayNames } from './gateway-names.ts';
import type { HttpRoute } from './http-route.ts';
import type { Issues } from './issues.ts';

type HttpMatch = NonNullable<HttpRoute['match']>[number];

export function validateMatch(match: HttpMatch, issues: Issues): void {
  for (const [name, value] of Object.entries(match.headers ?? {}))
    issues.at('headers', name).check(headerName(name), stringMatch(value, 'headers'));
  for (const [name, value] of Object.entries(match.withoutHeaders ?? {})) {
    const at = issues.at('withoutHeaders', name);
    at.check(headerName(name));
    // No regular expression, but Istio's word for "is there".
    if (value?.regex !== '*') at.check(stringMatch(value, 'withoutHeaders'));
  }
  issues.at('uri').check(stringMatchRegexp(match.uri, 'uri'));
  for (const field of ['scheme', 'method', 'authority'] as const)
    issues.at(field).check(stringMatch(match[field], field));
  for (const [name, value] of Object.entries(match.queryParams ?? {}))
    issues.at('queryParams', name).check(stringMatch(value, 'queryParams'));
  validatePlace(match, issues);
}

/** Where the rule holds: ports, gateways, sources. */
function validatePlace(match: HttpMatch, issues: Issues): void {
  if (match.port) issues.at('port').check(port(match.port));
  issues.at('sourceLabels').check(...labels(match.sourceLabels ?? {}));
  validateGatewayNames(match.gateways ?? [], issues.at('gateways'));
  const { sourceNamespace = '' } = match;
  if (sourceNamespace !== '' && !isDns1123Label(sourceNamespace))
    issues.at('sourceNamespace').error(`sourceNamespace match ${sourceNamespace} is invalid`);
}

const PSEUDO = [':method', ':scheme', ':authority', ':path', ':status'];

const headerName = (name: string): string | undefined =>
  claimPath(name) || PSEUDO.includes(name) ? undefined : httpHeaderName(name);
