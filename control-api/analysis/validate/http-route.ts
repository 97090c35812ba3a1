/** One HTTP rule of a VirtualService, as Istio's webhook judges it. */
import type { VirtualServiceSpec } from '../../resources/types.gen.ts';
import { duration, operatedHeaderName, percentage, port, re2Error } from './common.ts';
import { wildcardDomain } from './domain.ts';
import { headerValueError } from './header-format.ts';
import { validateMatch } from './http-match.ts';
import { validateCors, validateFault, validateRetries } from './http-traffic.ts';
import type { Issues } from './issues.ts';

export type HttpRoute = NonNullable<VirtualServiceSpec['http']>[number];
type Destination = NonNullable<HttpRoute['mirror']>;
type HeadersField = NonNullable<HttpRoute['headers']>;

export interface RouteContext {
  role: 'root' | 'delegate';
  /** Bound to some gateway other than `mesh`. */
  onGateway: boolean;
}

export function validateHttpRoute(route: HttpRoute, context: RouteContext, issues: Issues): void {
  validateKind(route, context, issues);
  issues.each(['match'], route.match, (match, at) => validateMatch(match, context, at));
  validateHeaders(route.headers, issues.at('headers'));
  validateWeights(route, issues);
  validateMirrors(route, issues);
  validateRedirect(route, issues.at('redirect'));
  validateDirectResponse(route, issues.at('directResponse'));
  validateRewrite(route, issues.at('rewrite'));
  validateFault(route.fault, issues.at('fault'));
  validateCors(route.corsPolicy, issues.at('corsPolicy'));
  validateRetries(route.retries, issues.at('retries'));
  issues.at('timeout').check(duration(route.timeout));
}

/** Exactly one of route, redirect, directResponse and delegate says what a rule does. */
function validateKind(route: HttpRoute, { role }: RouteContext, issues: Issues): void {
  if (route.delegate && role === 'root') {
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
    rewrite: 'HTTP route rule cannot contain both rewrite and direct_response',
  },
};

function validateRoot(route: HttpRoute, issues: Issues): void {
  if (!route.delegate?.name) issues.at('delegate').error('name of delegate VirtualService must not be empty');
  for (const field of ['route', 'redirect', 'directResponse'] as const) {
    const value = route[field];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0))
      issues.at(field).error(`root HTTP route with delegate cannot contain ${field}`);
  }
}

function validateWeights(route: HttpRoute, issues: Issues): void {
  const destinations = route.route ?? [];
  let total = 0;
  issues.each(['route'], destinations, ({ destination, weight = 0, headers }, at) => {
    validateDestination(destination, at.at('destination'));
    validateHeaders(headers, at.at('headers'));
    if (weight < 0) at.at('weight').error(`weight ${weight} < 0`);
    total += weight;
  });
  if (destinations.length > 1 && total === 0) issues.at('route').error('total destination weight = 0');
}

export function validateDestination(destination: Destination | undefined, issues: Issues): void {
  if (!destination) {
    issues.error('destination may not be null');
    return;
  }
  const host = destination.host ?? '';
  if (host === '*') issues.at('host').error('invalid destination host *');
  else issues.at('host').check(wildcardDomain(host));
  if (destination.subset !== undefined && !/^[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/.test(destination.subset)) {
    issues.at('subset').error(`subset name is invalid: ${destination.subset}`);
  }
  if (destination.port) issues.at('port', 'number').check(port(destination.port.number ?? 0));
}

function validateMirrors(route: HttpRoute, issues: Issues): void {
  const mirrors = route.mirrors ?? [];
  if (route.mirror && mirrors.length > 0) issues.error('HTTP route cannot contain both mirror and mirrors');
  if (route.mirror) validateDestination(route.mirror, issues.at('mirror'));
  issues.each(['mirrors'], mirrors, ({ destination, percentage: share }, at) => {
    validateDestination(destination, at.at('destination'));
    at.at('percentage').check(percentage(share?.value));
  });
  const share = route.mirrorPercentage?.value ?? 0;
  if (share > 100)
    issues.at('mirrorPercentage').error(`mirror_percentage must have a max value of 100 (it has ${share.toFixed(6)})`);
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

function validateRedirect({ redirect }: HttpRoute, issues: Issues): void {
  if (!redirect) return;
  const { uri, authority, port: number, derivePort, scheme, redirectCode } = redirect;
  if (!uri && !authority && !number && !derivePort && !scheme)
    issues.error('redirect must specify URI, authority, scheme, or port');
  if (scheme && scheme !== 'http' && scheme !== 'https')
    issues.at('scheme').error('redirect scheme must be http or https');
  if (redirectCode && (redirectCode < 300 || redirectCode > 399))
    issues.at('redirectCode').error(`${redirectCode} is not a valid redirect code, must be 3xx`);
}

function validateDirectResponse({ directResponse }: HttpRoute, issues: Issues): void {
  if (!directResponse) return;
  const { status = 0, body } = directResponse;
  if (status < LOWEST_STATUS || status > HIGHEST_STATUS + 1)
    issues.at('status').error(`HTTP status ${status} is not in range ${LOWEST_STATUS}-${HIGHEST_STATUS}`);
  const size = body?.string?.length ?? 0;
  // Envoy's limit for a body in the route configuration; Istio only warns from 100 kB on.
  if (size > 1024 * 1024) issues.at('body').error('response body size is too large');
}

function validateRewrite({ rewrite, headers }: HttpRoute, issues: Issues): void {
  if (!rewrite) return;
  const { uri, uriRegexRewrite, authority } = rewrite;
  if ((uri && uriRegexRewrite) || (!uri && !uriRegexRewrite && !authority)) {
    issues.error(
      'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified',
    );
  }
  if (uriRegexRewrite) validateRegexRewrite(uriRegexRewrite, issues.at('uriRegexRewrite'));
  for (const [name, value] of Object.entries(headers?.request?.set ?? {})) {
    if (authority && ['host', ':authority'].includes(name.toLowerCase())) {
      issues
        .at('authority')
        .error(`authority header cannot be set multiple times: have "${authority}", attempting to set "${value}"`);
    }
  }
}

function validateRegexRewrite({ match, rewrite }: { match?: string; rewrite?: string }, issues: Issues): void {
  if (!match || !rewrite) {
    issues.error('UriRegexRewrite has errors\nUriRegexRewrite requires both Rewrite and Match fields to be specified');
    return;
  }
  const error = re2Error(match);
  if (error) issues.at('match').error(`UriRegexRewrite has errors\n${error}`);
}
