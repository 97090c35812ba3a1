/** One HTTP rule of a VirtualService, as Istio's webhook judges it. */
import type { VirtualServiceSpec } from '../../resources/types.gen.ts';
import { duration, operatedHeaderName, port, regexp } from './common.ts';
import { isDns1123Label, wildcardDomain } from './domain.ts';
import { headerValueError } from './header-format.ts';
import { validateMatch } from './http-match.ts';
import { validateCors, validateFault, validateRetries } from './http-traffic.ts';
import type { Issues } from './issues.ts';

export type HttpRoute = NonNullable<VirtualServiceSpec['http']>[number];
type Destination = NonNullable<HttpRoute['mirror']>;
type HeadersField = NonNullable<HttpRoute['headers']>;

/** @param isDelegate of a VirtualService without hosts */
export function validateHttpRoute(route: HttpRoute, isDelegate: boolean, issues: Issues): void {
  validateKind(route, isDelegate, issues);
  issues.each(['match'], route.match, validateMatch);
  validateHeaders(route.headers, issues.at('headers'));
  validateWeights(route.route ?? [], issues.at('route'));
  validateMirrors(route, issues);
  validateRedirect(route, issues.at('redirect'));
  validateDirectResponse(route, issues.at('directResponse'));
  validateRewrite(route, issues.at('rewrite'));
  validateAuthority(route, issues);
  validateFault(route.fault, issues.at('fault'));
  validateCors(route.corsPolicy, issues.at('corsPolicy'));
  validateRetries(route.retries, issues.at('retries'));
  issues.at('timeout').check(duration(route.timeout));
}

/** Exactly one of route, redirect, directResponse and delegate says what a rule does. */
function validateKind(route: HttpRoute, isDelegate: boolean, issues: Issues): void {
  if (route.delegate && !isDelegate) {
    validateRoot(route, issues);
    return;
  }
  if (route.delegate) issues.error('delegate HTTP route cannot contain delegate');
  const hasRoute = (route.route ?? []).length > 0;
  const present: Record<string, boolean> = {
    route: hasRoute,
    fault: route.fault !== undefined,
    rewrite: route.rewrite !== undefined,
    directResponse: route.directResponse !== undefined,
  };
  if (route.mirror && route.mirrors?.length) issues.error('HTTP route cannot contain both mirror and mirrors');
  const kind = route.redirect ? 'redirect' : route.directResponse ? 'directResponse' : undefined;
  if (!kind && !hasRoute) issues.error('HTTP route, redirect or direct_response is required');
  for (const [field, text] of Object.entries(kind ? EXCLUDED[kind] : {})) if (present[field]) issues.error(text);
}

/** What a rule that answers itself may not have beside it. */
const EXCLUDED: Record<'redirect' | 'directResponse', Record<string, string>> = {
  redirect: {
    route: 'HTTP route cannot contain both route and redirect',
    fault: 'HTTP route cannot contain both fault and redirect',
    rewrite: 'HTTP route rule cannot contain both rewrite and redirect',
    directResponse: 'HTTP route cannot contain both direct_response and redirect',
  },
  directResponse: {
    route: 'HTTP route cannot contain both route and direct_response',
    fault: 'HTTP route cannot contain both fault and direct_response',
    rewrite: 'HTTP route rule cannot contain both rewrite and direct_response',
  },
};

function validateRoot(route: HttpRoute, issues: Issues): void {
  const problem = (field: string) => `root HTTP route ${route.name ?? ''} must not specify ${field}`;
  if (route.redirect) issues.at('redirect').error(problem('redirect'));
  if (route.route?.length) issues.at('route').error(problem('route'));
}

interface Weighted {
  destination?: Destination;
  weight?: number;
  headers?: HeadersField;
}

/** The destinations of a rule, which stand at `issues`. */
export function validateWeights(destinations: readonly Weighted[], issues: Issues): void {
  let total = 0;
  issues.each([], destinations, ({ destination, weight = 0, headers }, at) => {
    if (destination) validateDestination(destination, at.at('destination'));
    else at.error('destination is required');
    validateHeaders(headers, at.at('headers'));
    if (weight < 0) at.at('weight').error(`weight ${weight} < 0`);
    total += weight;
  });
  if (destinations.length > 1 && total === 0) issues.error('total destination weight = 0');
}

function validateDestination(destination: Destination, issues: Issues): void {
  const { host = '', subset = '' } = destination;
  issues.at('host').check(host === '*' ? 'invalid destination host *' : wildcardDomain(host));
  if (subset !== '' && !isDns1123Label(subset)) issues.at('subset').error(`subset name is invalid: ${subset}`);
  if (destination.port) issues.at('port', 'number').check(port(destination.port.number ?? 0));
}

function validateMirrors(route: HttpRoute, issues: Issues): void {
  if (route.mirror) validateDestination(route.mirror, issues.at('mirror'));
  issues.each(['mirrors'], route.mirrors, ({ destination, percentage }, at) => {
    if (!destination) {
      at.error('destination is required for mirrors');
      return;
    }
    validateDestination(destination, at.at('destination'));
    at.at('percentage').check(mirrored(percentage?.value, 'mirror percentage'));
  });
  issues.at('mirrorPercentage').check(mirrored(route.mirrorPercentage?.value, 'mirror_percentage'));
  const { mirrorPercent } = route;
  if (mirrorPercent === undefined) return;
  if (mirrorPercent > 100)
    issues.at('mirrorPercent').error(`mirror_percent must have a max value of 100 (it has ${mirrorPercent})`);
  issues.at('mirrorPercent').warn('using deprecated setting "mirrorPercent", use "mirrorPercentage" instead');
}

function mirrored(share = 0, name = ''): string | undefined {
  if (share > 100) return `${name} must have a max value of 100 (it has ${share.toFixed(6)})`;
  return share < 0 ? `${name} must have a min value of 0 (it has ${share.toFixed(6)})` : undefined;
}

function validateHeaders(headers: HeadersField | undefined, issues: Issues): void {
  for (const direction of ['request', 'response'] as const) {
    const { add = {}, set = {}, remove = [] } = headers?.[direction] ?? {};
    const at = issues.at(direction);
    checkValues(add, at.at('add'), direction);
    checkValues(set, at.at('set'), direction);
    at.each(['remove'], remove, (name, item) => item.check(operatedHeaderName(name, false)));
  }
}

function checkValues(values: Record<string, string>, issues: Issues, direction: 'request' | 'response'): void {
  for (const [name, value] of Object.entries(values)) {
    issues.at(name).check(operatedHeaderName(name, direction === 'request'), headerValueError(value));
  }
}

const LOWEST_STATUS = 200;
/** Istio says 599 and lets 600 pass; Envoy refuses that one, and so does the compiler. */
const HIGHEST_STATUS = 599;

function validateRedirect({ redirect, match = [] }: HttpRoute, issues: Issues): void {
  if (!redirect) return;
  const { uri, prefixRewrite, authority, port: number, derivePort, scheme, redirectCode } = redirect;
  const isPrefix = match.every((one) => !one.uri || one.uri.prefix !== undefined);
  if (uri && prefixRewrite) issues.error('redirect may only specify one of uri or prefix_rewrite');
  else if (prefixRewrite && !isPrefix)
    issues.at('prefixRewrite').error('redirect prefix_rewrite requires all URI matches to use prefix match type');
  if (!uri && !prefixRewrite && !authority && number === undefined && derivePort === undefined && !scheme)
    issues.error('redirect must specify URI, authority, scheme, or port');
  if (scheme && scheme !== 'http' && scheme !== 'https')
    issues.at('scheme').error('invalid redirect scheme, must be "http" or "https"');
  if (number) issues.at('port').check(port(number));
  if (redirectCode && (redirectCode < 300 || redirectCode > 399))
    issues.at('redirectCode').error(`${redirectCode} is not a valid redirect code, must be 3xx`);
}

function validateDirectResponse({ directResponse }: HttpRoute, issues: Issues): void {
  if (!directResponse) return;
  const { status = 0, body } = directResponse;
  if (status < LOWEST_STATUS || status > HIGHEST_STATUS + 1)
    issues.at('status').error(`HTTP status ${status} is not in range ${LOWEST_STATUS}-${HIGHEST_STATUS}`);
  if (body?.bytes !== undefined && !BASE64.test(body.bytes.replace(/[\r\n]/g, '')))
    issues.at('body', 'bytes').error('illegal base64 data');
  const size = new TextEncoder().encode(body?.string ?? '').length + ((body?.bytes?.length ?? 0) / 4) * 3;
  const problem = 'large direct_responses may impact control plane performance';
  if (size > MOST_BYTES) issues.at('body').error(`${problem}, must be less than 1MB`);
  else if (size > MANY_BYTES) issues.at('body').warn(problem);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MANY_BYTES = 100 * 1024;
const MOST_BYTES = 1024 * 1024;

function validateRewrite({ rewrite }: HttpRoute, issues: Issues): void {
  if (!rewrite) return;
  const { uri, uriRegexRewrite, authority } = rewrite;
  if (uri && uriRegexRewrite) issues.error('rewrite may only contain one of URI or UriRegexRewrite');
  if (!uri && !uriRegexRewrite && !authority) {
    issues.error(
      'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified',
    );
  }
  if (uriRegexRewrite) validateRegexRewrite(uriRegexRewrite, issues.at('uriRegexRewrite'));
}

/** By rewrite.authority, and by the headers that are set and added. */
function validateAuthority({ rewrite, headers }: HttpRoute, issues: Issues): void {
  let current = rewrite?.authority;
  for (const field of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(headers?.request?.[field] ?? {})) {
      if (!['host', ':authority'].includes(name.toLowerCase())) continue;
      if (current)
        issues
          .at('headers', 'request', field, name)
          .error(`authority header cannot be set multiple times: have "${current}", attempting to set "${value}"`);
      current = value;
    }
  }
}

function validateRegexRewrite({ match, rewrite }: { match?: string; rewrite?: string }, issues: Issues): void {
  if (!match || !rewrite) {
    issues.error('UriRegexRewrite has errors\nUriRegexRewrite requires both Rewrite and Match fields to be specified');
    return;
  }
  const error = regexp(match, 'HTTPRewrite.UriRegexRewrite.Match');
  if (error) issues.at('match').error(`UriRegexRewrite has errors\n${error}`);
}
