/** Routes of a Snapshot as Istio writes them for Envoy, so that a test or a bench can ask both the same. */
import type {
  Cors,
  Fault,
  HeaderMatch,
  HeaderOperations,
  QueryParamMatch,
  Rewrite,
  Route,
  RouteMatch,
  StringMatch,
  VirtualHost,
} from '../../gateway/snapshot.ts';

/** The filters that routes with faults and CORS need, for `startEnvoy`; FILTER_NAMES are theirs there. */
export const ROUTE_FILTERS = [{ '@type': 'http.fault.v3.HTTPFault' }, { '@type': 'http.cors.v3.Cors' }];
const FILTER_NAMES = { fault: 'filter-0', cors: 'filter-1' };
const TYPE = 'type.googleapis.com/envoy.extensions.filters';

/** Every forwarding route goes to the cluster `up`. */
export function envoyVirtualHost({ name, domains, routes }: VirtualHost): object {
  return { name, domains, include_request_attempt_count: true, routes: routes.map(envoyRoute) };
}

function envoyRoute({ match, action, headers, fault, cors }: Route): object {
  const common = { match: envoyMatch(match), ...envoyOperations(headers), ...perFilterConfig(fault, cors) };
  if (action.kind === 'forward') {
    const timeout = `${action.timeoutMs / 1000}s`;
    return { ...common, route: { cluster: 'up', timeout, ...envoyRewrite(action.rewrite) } };
  }
  if (action.kind === 'direct') {
    const body = action.body && { body: { inline_string: 'string' in action.body ? action.body.string : '' } };
    return { ...common, direct_response: { status: action.status, ...body } };
  }
  const { status, path, prefixRewrite, authority, port, scheme } = action;
  const redirect = {
    response_code: REDIRECT_CODES[status],
    path_redirect: path,
    prefix_rewrite: prefixRewrite,
    host_redirect: authority,
    port_redirect: port,
    scheme_redirect: scheme,
  };
  return { ...common, redirect };
}

const REDIRECT_CODES = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
};

function envoyMatch({ path, caseInsensitive, headers = [], queryParams = [] }: RouteMatch): object {
  return {
    ...pathSpecifier(path),
    ...(caseInsensitive && path?.kind !== 'regex' && { case_sensitive: false }),
    ...(headers.length > 0 && { headers: headers.map(headerMatcher) }),
    ...(queryParams.length > 0 && { query_parameters: queryParams.map(queryMatcher) }),
  };
}

function pathSpecifier(path: RouteMatch['path']): object {
  if (path === undefined) return { prefix: '/' };
  if (path.kind === 'regex') return { safe_regex: { regex: path.value } };
  return path.kind === 'exact' ? { path: path.value } : { prefix: path.value };
}

function stringMatcher({ kind, value, ignoreCase }: StringMatch): object {
  const match = kind === 'regex' ? { safe_regex: { regex: value } } : { [kind]: value };
  return { ...match, ...(ignoreCase && kind !== 'regex' && { ignore_case: true }) };
}

/** Istio lets `withoutHeaders` take a missing header for an empty one, unless the header need only be there. */
function headerMatcher({ name, match, invert }: HeaderMatch): object {
  if (match.kind === 'present') return { name, present_match: true, ...(invert && { invert_match: true }) };
  const inverted = invert && { invert_match: true, treat_missing_header_as_empty: true };
  return { name, string_match: stringMatcher(match), ...inverted };
}

function queryMatcher({ name, match }: QueryParamMatch): object {
  return match.kind === 'present' ? { name, present_match: true } : { name, string_match: stringMatcher(match) };
}

function envoyRewrite({ prefix, regex, authority }: Rewrite = {}): object {
  return {
    ...(prefix !== undefined && { prefix_rewrite: prefix }),
    ...(regex && { regex_rewrite: { pattern: { regex: regex.pattern }, substitution: regex.substitution } }),
    ...(authority !== undefined && { host_rewrite_literal: authority }),
  };
}

function envoyOperations({ request, response }: HeaderOperations = {}): object {
  const options = ({ set = [], add = [] }: NonNullable<HeaderOperations['request']>) => [
    ...set.map(([key, value]) => ({ header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' })),
    ...add.map(([key, value]) => ({ header: { key, value }, append_action: 'APPEND_IF_EXISTS_OR_ADD' })),
  ];
  return {
    ...(request && { request_headers_to_add: options(request), request_headers_to_remove: request.remove }),
    ...(response && { response_headers_to_add: options(response), response_headers_to_remove: response.remove }),
  };
}

function perFilterConfig(fault: Fault | undefined, cors: Cors | undefined): object {
  const typed_per_filter_config = {
    ...(fault && { [FILTER_NAMES.fault]: envoyFault(fault) }),
    ...(cors && { [FILTER_NAMES.cors]: envoyCors(cors) }),
  };
  return fault || cors ? { typed_per_filter_config } : {};
}

const percentage = (percent: number) => ({ numerator: Math.round(percent * 10_000), denominator: 'MILLION' });

function envoyFault({ abort, delay }: Fault): object {
  return {
    '@type': `${TYPE}.http.fault.v3.HTTPFault`,
    ...(abort && {
      abort: { http_status: abort.httpStatus, grpc_status: abort.grpcStatus, percentage: percentage(abort.percentage) },
    }),
    ...(delay && { delay: { fixed_delay: `${delay.fixedDelayMs / 1000}s`, percentage: percentage(delay.percentage) } }),
  };
}

function envoyCors(cors: Cors): object {
  return {
    '@type': `${TYPE}.http.cors.v3.CorsPolicy`,
    allow_origin_string_match: cors.allowOrigins.map(stringMatcher),
    allow_methods: cors.allowMethods,
    allow_headers: cors.allowHeaders,
    expose_headers: cors.exposeHeaders,
    max_age: cors.maxAge,
    allow_credentials: cors.allowCredentials,
    forward_not_matching_preflights: cors.forwardNotMatchingPreflights,
  };
}
