/**
 * What Istio makes of the manifests of `bowsprit mesh`, as Envoy's configuration: an entry with mutual TLS and RBAC whose
 * routes come from those very manifests, and two sidecars that only take the entry's identity.
 */
import type { Manifest } from '../../control-api/mesh/manifests.ts';

export interface Files {
  certificate: string;
  key: string;
  ca: string;
}

interface EntryRoute {
  name: string;
  match?: { headers: Record<string, { exact: string }> }[];
  directResponse?: { status: number };
  headers: { request?: { remove: string[] }; response: { set: Record<string, string>; remove?: string[] } };
  route?: {
    destination: { host: string; port: { number: number }; subset?: string };
    headers?: { request: { set: Record<string, string> } };
  }[];
}

export const ENTRY_IDENTITY = 'spiffe://cluster.local/ns/bowsprit-system/sa/bowsprit-entry';

const type = (name: string) => ({ '@type': `type.googleapis.com/${name}` });
const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const TLS = 'envoy.extensions.transport_sockets.tls.v3';

function tlsContext(kind: 'Downstream' | 'Upstream', { certificate, key, ca }: Files, identity?: string) {
  const names = identity ? { match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: identity } }] } : {};
  const common_tls_context = {
    tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
    validation_context: { trusted_ca: { filename: ca }, ...names },
  };
  const required = kind === 'Downstream' ? { require_client_certificate: true } : {};
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: { ...type(`${TLS}.${kind}TlsContext`), ...required, common_tls_context },
  };
}

function http(
  name: string,
  port: number,
  socket: unknown,
  virtual_hosts: unknown[],
  filters: unknown[],
  more: object = {},
) {
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: type('envoy.extensions.filters.http.router.v3.Router'),
  };
  const manager = {
    ...type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: name,
    server_name: 'istio-envoy',
    route_config: { name, virtual_hosts },
    http_filters: [...filters, router],
    ...more,
  };
  return {
    name,
    address: address(port),
    filter_chains: [{ transport_socket: socket, filters: [{ name: 'hcm', typed_config: manager }] }],
  };
}

/** AuthorizationPolicy of the manifests: the edge's principal, and a destination. */
function rbac(manifests: Manifest[]) {
  const policy = manifests.find(({ kind }) => kind === 'AuthorizationPolicy');
  const spec = policy?.spec as
    | { rules: { from: { source: { principals: string[] } }[]; when: { key: string }[] }[] }
    | undefined;
  const rule = spec?.rules[0];
  const principal = rule?.from[0]?.source.principals[0];
  const header = /\[(.*)\]/.exec(rule?.when[0]?.key ?? '')?.[1];
  const policies = {
    edge: {
      permissions: [{ header: { name: header, present_match: true } }],
      principals: [{ authenticated: { principal_name: { exact: `spiffe://${principal}` } } }],
    },
  };
  return {
    name: 'envoy.filters.http.rbac',
    typed_config: { ...type('envoy.extensions.filters.http.rbac.v3.RBAC'), rules: { action: 'ALLOW', policies } },
  };
}

const headerOptions = (set: Record<string, string>) =>
  Object.entries(set).map(([key, value]) => ({ header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }));

/** Istio's order: routes with a match first, the catch-all of `bowsprit-none` last. */
function entryRoutes(manifests: Manifest[]): unknown[] {
  const routes = manifests
    .filter(({ kind }) => kind === 'VirtualService')
    .map(({ spec }) => (spec as { http: [EntryRoute] }).http[0]);
  return [...routes.filter((route) => route.match), ...routes.filter((route) => !route.match)].map((route) => ({
    name: route.name,
    match: {
      prefix: '/',
      headers: Object.entries(route.match?.[0]?.headers ?? {}).map(([name, { exact }]) => ({
        name,
        string_match: { exact },
      })),
    },
    response_headers_to_add: headerOptions(route.headers.response.set),
    response_headers_to_remove: route.headers.response.remove ?? [],
    ...(route.directResponse ? { direct_response: { status: route.directResponse.status } } : forward(route)),
  }));
}

function forward({ headers, route = [] }: EntryRoute) {
  const [to] = route;
  const subset = to?.destination.subset ?? '';
  // Two weighted clusters, as Istio writes them: a cluster's own headers are set before the route's are removed.
  const clusters = [
    { name: subset, weight: 1, request_headers_to_add: headerOptions(to?.headers?.request.set ?? {}) },
    { name: subset, weight: 0 },
  ];
  return {
    request_headers_to_remove: headers.request?.remove ?? [],
    route: { weighted_clusters: { clusters }, timeout: '0s' },
  };
}

/** Envoy's static_resources. @param ports of the entry; of each subset's sidecar; of the application behind it. */
export function meshEnvoy(
  manifests: Manifest[],
  files: Record<'entry' | 'entryWorkload' | 'sidecar', Files>,
  ports: { entry: number; subsets: Record<string, { sidecar: number; application: number }> },
) {
  const cluster = (name: string, port: number, socket?: unknown) => ({
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }] },
    ...(socket ? { transport_socket: socket } : {}),
  });
  const subsets = Object.entries(ports.subsets);
  const sidecars = subsets.map(([name, { sidecar }]) =>
    http(
      `sidecar-${name}`,
      sidecar,
      tlsContext('Downstream', files.sidecar, ENTRY_IDENTITY),
      [{ name, domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: `app-${name}` } }] }],
      [],
    ),
  );
  const trust = { use_remote_address: true, xff_num_trusted_hops: 1, forward_client_cert_details: 'SANITIZE' };
  const entry = http(
    'entry',
    ports.entry,
    tlsContext('Downstream', files.entry),
    [{ name: '*', domains: ['*'], routes: entryRoutes(manifests) }],
    [rbac(manifests)],
    trust,
  );
  return {
    listeners: [entry, ...sidecars],
    clusters: subsets.flatMap(([name, { sidecar, application }]) => [
      cluster(name, sidecar, tlsContext('Upstream', files.entryWorkload)),
      cluster(`app-${name}`, application),
    ]),
  };
}
