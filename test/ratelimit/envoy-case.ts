/** A case of kind `envoy` as the YAML a user of Istio would write: VirtualService, ConfigMap and EnvoyFilters. */
import { stringify } from 'yaml';
import type { Case, EnvoyPart } from './cases.ts';

type Json = Record<string, unknown>;
interface EnvoyRoute {
  match: { prefix: string };
  route?: Json;
  direct_response?: { status: number; body: { inline_string: string } };
  redirect?: { path_redirect: string };
  metadata?: Json;
  typed_per_filter_config?: Json;
}

const TYPES = 'type.googleapis.com/envoy.extensions.filters.http';
const RATE_LIMIT = 'envoy.filters.http.ratelimit';
const BACKEND = 'backend.example.com';

/** @param backendPort where the answers come from. */
export function configOf(content: Case, backendPort: number): string {
  const envoy = content.envoy ?? {};
  const routes = (envoy.virtual_host?.routes ?? [{ match: { prefix: '/' }, route: {} }]) as EnvoyRoute[];
  const documents = [
    object('networking.istio.io/v1', 'Gateway', 'gw', {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    }),
    object('networking.istio.io/v1', 'ServiceEntry', 'backend', {
      hosts: [BACKEND],
      resolution: 'STATIC',
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      endpoints: [{ address: '127.0.0.1', ports: { http: backendPort } }],
    }),
    object('networking.istio.io/v1', 'VirtualService', 'vs', {
      hosts: ['*'],
      gateways: ['gw'],
      http: routes.map(httpRoute),
    }),
    ...configMap(content),
    {
      ...object('networking.istio.io/v1alpha3', 'EnvoyFilter', 'limits', { configPatches: patches(envoy, routes) }),
      metadata: { name: 'limits', namespace: 'istio-system' },
    },
  ];
  return documents.map((document) => stringify(document, { version: '1.1' })).join('---\n');
}

/** MeshConfig: Envoy's runtime is set through the proxies' default configuration. */
export function meshOf({ runtime = {} }: EnvoyPart): string {
  const runtimeValues = Object.fromEntries(Object.entries(runtime).map(([key, value]) => [key, String(value)]));
  return stringify({ defaultConfig: { runtimeValues } });
}

const object = (apiVersion: string, kind: string, name: string, spec: Json): Json => ({
  apiVersion,
  kind,
  metadata: { name },
  spec,
});

function configMap({ ratelimit }: Case): Json[] {
  if (!ratelimit?.files) return [];
  return [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ratelimit-config' }, data: ratelimit.files }];
}

function httpRoute(route: EnvoyRoute, index: number): Json {
  const match = [{ uri: { prefix: route.match.prefix } }];
  const base = { name: `r${index}`, match };
  if (route.direct_response) {
    const { status, body } = route.direct_response;
    return { ...base, directResponse: { status, body: { string: body.inline_string } } };
  }
  if (route.redirect) return { ...base, redirect: { uri: route.redirect.path_redirect } };
  return { ...base, route: [{ destination: { host: BACKEND, port: { number: 80 } } }] };
}

function patches(envoy: EnvoyPart, routes: readonly EnvoyRoute[]): Json[] {
  const { name: _name, routes: _routes, domains: _domains, ...host } = envoy.virtual_host ?? {};
  const filters = envoy.filters ?? (envoy.filter ? [envoy.filter] : []);
  const hostPatch = merge('VIRTUAL_HOST', { vhost: { name: '*:80' } }, host);
  return [
    ...(envoy.pre_filters ?? []).map(insert),
    ...filters.map(filterOf).map(insert),
    ...(Object.keys(host).length > 0 ? [hostPatch] : []),
    ...routes.flatMap((route, index) => routePatch(route, `r${index}`)),
  ];
}

/** A filter of a case with what every such filter has. */
export function filterOf({ _name: name = RATE_LIMIT, ...fields }: Json): Json {
  const local = name !== RATE_LIMIT;
  const type = local ? `${TYPES}.local_ratelimit.v3.LocalRateLimit` : `${TYPES}.ratelimit.v3.RateLimit`;
  const grpc = { grpc_service: { envoy_grpc: { cluster_name: 'ratelimit' } }, transport_api_version: 'V3' };
  const defaults = local
    ? {}
    : { domain: 'guestbook-ratelimit', failure_mode_deny: true, timeout: '1s', rate_limit_service: grpc };
  return { name, typed_config: { '@type': type, ...defaults, ...fields } };
}

function insert(value: Json): Json {
  const filter = {
    name: 'envoy.filters.network.http_connection_manager',
    subFilter: { name: 'envoy.filters.http.router' },
  };
  const match = { context: 'GATEWAY', listener: { filterChain: { filter } } };
  return { applyTo: 'HTTP_FILTER', match, patch: { operation: 'INSERT_BEFORE', value } };
}

function merge(applyTo: string, routeConfiguration: Json, value: Json): Json {
  return { applyTo, match: { context: 'GATEWAY', routeConfiguration }, patch: { operation: 'MERGE', value } };
}

function routePatch({ route, metadata, typed_per_filter_config: config }: EnvoyRoute, name: string): Json[] {
  const { cluster: _cluster, ...action } = route ?? {};
  const value = {
    ...(Object.keys(action).length > 0 ? { route: action } : {}),
    ...(metadata ? { metadata } : {}),
    ...(config ? { typed_per_filter_config: config } : {}),
  };
  return Object.keys(value).length > 0 ? [merge('HTTP_ROUTE', { vhost: { route: { name } } }, value)] : [];
}
