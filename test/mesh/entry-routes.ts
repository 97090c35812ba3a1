/** What Istio makes of the VirtualServices of `bowsprit mesh`, as routes of Envoy. */
import type { Manifest } from '../../control-api/mesh/manifest.ts';

interface EntryRoute {
  name: string;
  match?: { headers: Record<string, { exact: string } | { prefix: string }> }[];
  timeout?: string;
  retries?: {
    attempts: number;
    retryOn?: string;
    perTryTimeout?: string;
    backoff?: string;
    retryIgnorePreviousHosts?: boolean;
  };
  directResponse?: { status: number };
  headers: { request?: { remove: string[] }; response: { set: Record<string, string>; remove?: string[] } };
  route?: {
    destination: { host: string; port: { number: number }; subset?: string };
    headers?: { request: { set: Record<string, string> } };
  }[];
}

const headerOptions = (set: Record<string, string>) =>
  Object.entries(set).map(([key, value]) => ({ header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }));

/** EnvoyFilters that merge something into every route. */
function mergedRoute(manifests: Manifest[]): Record<string, unknown> {
  const patches = manifests
    .filter(({ kind }) => kind === 'EnvoyFilter')
    .flatMap(({ spec }) => (spec as { configPatches: { patch: { value: { route: object } } }[] }).configPatches);
  return Object.assign({}, ...patches.map(({ patch }) => patch.value.route));
}

/** Istio's order: routes with a match first, in the order of their VirtualService, the catch-all of `bowsprit-none` last. */
export function entryRoutes(manifests: Manifest[]): unknown[] {
  const routes = manifests
    .filter(({ kind }) => kind === 'VirtualService')
    .flatMap(({ spec }) => (spec as { http: EntryRoute[] }).http);
  const ordered = [...routes.filter((route) => route.match), ...routes.filter((route) => !route.match)];
  const merged = mergedRoute(manifests);
  return ordered.flatMap((route) =>
    (route.match ?? [undefined]).map((match) => entryRoute(route, merged, match?.headers)),
  );
}

type HeaderMatches = NonNullable<EntryRoute['match']>[number]['headers'];

function entryRoute(route: EntryRoute, merged: Record<string, unknown>, headers: HeaderMatches = {}) {
  return {
    name: route.name,
    match: {
      prefix: '/',
      headers: Object.entries(headers).map(([name, string_match]) => ({ name, string_match })),
    },
    response_headers_to_add: headerOptions(route.headers.response.set),
    response_headers_to_remove: route.headers.response.remove ?? [],
    ...(route.directResponse ? { direct_response: { status: route.directResponse.status } } : forward(route, merged)),
  };
}

function forward({ headers, route = [], timeout, retries }: EntryRoute, merged: Record<string, unknown>) {
  const [to] = route;
  // A destination without a subset is the first one's.
  const subset = to?.destination.subset ?? 'v1';
  // Two weighted clusters, as Istio writes them: a cluster's own headers are set before the route's are removed.
  const clusters = [
    { name: subset, weight: 1, request_headers_to_add: headerOptions(to?.headers?.request.set ?? {}) },
    { name: subset, weight: 0 },
  ];
  return {
    request_headers_to_remove: headers.request?.remove ?? [],
    route: { weighted_clusters: { clusters }, timeout: seconds(timeout) ?? '0s', ...retryPolicy(retries), ...merged },
  };
}

function retryPolicy(retries: EntryRoute['retries']) {
  if (!retries || retries.attempts === 0) return {};
  const words = (retries.retryOn ?? '').split(',');
  const codes = words.filter((word) => /^\d+$/.test(word)).map(Number);
  const again = retries.retryIgnorePreviousHosts === false;
  return {
    retry_policy: {
      num_retries: retries.attempts,
      retry_on: words.filter((word) => !/^\d+$/.test(word)).join(','),
      ...(codes.length > 0 && { retriable_status_codes: codes }),
      ...(retries.perTryTimeout && { per_try_timeout: seconds(retries.perTryTimeout) }),
      ...(retries.backoff && { retry_back_off: { base_interval: seconds(retries.backoff) } }),
      ...(!again && { retry_host_predicate: [previousHosts], host_selection_retry_max_attempts: 5 }),
    },
  };
}

const previousHosts = {
  name: 'envoy.retry_host_predicates.previous_hosts',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
  },
};

/** protobuf's JSON knows seconds only. */
const seconds = (text: string | undefined): string | undefined =>
  text?.endsWith('ms') ? `${Number(text.slice(0, -2)) / 1000}s` : text;
