/**
 * What Istio makes of the manifests of `bowsprit mesh`, as Envoy's configuration: an entry with mutual TLS, jwt_authn and RBAC,
 * whose routes come from those very manifests, sidecars that only take the entry's identity, and the sidecar of a tunnel.
 */
import { CONTAINER_PORTS, type Manifest } from '../../control-api/mesh/manifest.ts';
import { entryRoutes } from './entry-routes.ts';

/** PEM files. */
export interface Files {
  certificate: string;
  key: string;
  ca: string;
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

function listener(name: string, port: number, filter: object, socket?: unknown) {
  const transport_socket = socket ? { transport_socket: socket } : {};
  return {
    name,
    address: address(port),
    filter_chains: [{ ...transport_socket, filters: [{ name, typed_config: filter }] }],
  };
}

function http(name: string, routes: unknown[], filters: unknown[], more: object = {}) {
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: type('envoy.extensions.filters.http.router.v3.Router'),
  };
  return {
    ...type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: name,
    server_name: 'istio-envoy',
    route_config: {
      name,
      virtual_hosts: [{ name, domains: ['*'], routes, include_request_attempt_count: true }],
    },
    http_filters: [...filters, router],
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    ...more,
  };
}

/** Istio's own, unless a DestinationRule says otherwise; Envoy would stop at three retries at a time. */
const UNLIMITED = Object.fromEntries(
  ['max_connections', 'max_pending_requests', 'max_requests', 'max_retries'].map((name) => [name, 2 ** 32 - 1]),
);

function cluster(name: string, ports: number[], socket?: unknown) {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: address(port) } }));
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    circuit_breakers: { thresholds: [UNLIMITED] },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints }] },
    ...(socket ? { transport_socket: socket } : {}),
  };
}

interface Policy {
  from: { source: { principals: string[]; requestPrincipals?: string[] } }[];
  to: { operation: { ports: string[] } }[];
  when: { key: string }[];
}

const specOf = <Spec>(manifests: Manifest[], kind: string): Spec | undefined =>
  manifests.find((one) => one.kind === kind)?.spec as Spec | undefined;

/** AuthorizationPolicy: principals, claims of the assertion, the listener's port, and a destination. */
function rbac(manifests: Manifest[], port: number) {
  const rule = specOf<{ rules: Policy[] }>(manifests, 'AuthorizationPolicy')?.rules[0];
  const { principals = [], requestPrincipals = [] } = rule?.from[0]?.source ?? {};
  const header = /\[(.*)\]/.exec(rule?.when[0]?.key ?? '')?.[1];
  const ids = [
    ...principals.map((one) => ({ authenticated: { principal_name: { exact: `spiffe://${one}` } } })),
    ...requestPrincipals.flatMap((one) => {
      const [iss = '', sub = ''] = one.split('/');
      return [claim('iss', iss), claim('sub', sub)];
    }),
  ];
  const known: readonly number[] = Object.values(CONTAINER_PORTS);
  const ports = rule?.to[0]?.operation.ports.map((one) => (known.includes(Number(one)) ? port : Number(one))) ?? [];
  const permissions = [
    { header: { name: header, present_match: true } },
    { or_rules: { rules: ports.map((destination_port) => ({ destination_port })) } },
  ];
  const policies = {
    edge: { permissions: [{ and_rules: { rules: permissions } }], principals: [{ and_ids: { ids } }] },
  };
  return {
    name: 'envoy.filters.http.rbac',
    typed_config: { ...type('envoy.extensions.filters.http.rbac.v3.RBAC'), rules: { action: 'ALLOW', policies } },
  };
}

const claim = (key: string, exact: string) => ({
  metadata: {
    filter: 'envoy.filters.http.jwt_authn',
    path: [{ key: 'payload' }, { key }],
    value: { string_match: { exact } },
  },
});

interface JwtRule {
  issuer: string;
  audiences: string[];
  jwks: string;
  fromHeaders: { name: string }[];
}

/** RequestAuthentication: a token that is there must be good; none is left to the policy. */
function jwtAuthn(manifests: Manifest[]) {
  const rules = specOf<{ jwtRules: JwtRule[] }>(manifests, 'RequestAuthentication')?.jwtRules ?? [];
  if (rules.length === 0) return [];
  const providers = rules.map(({ issuer, audiences, jwks, fromHeaders }, index) => [
    `origins-${index}`,
    {
      issuer,
      audiences,
      local_jwks: { inline_string: jwks },
      from_headers: fromHeaders,
      payload_in_metadata: 'payload',
    },
  ]);
  const requirements = [...providers.map(([provider_name]) => ({ provider_name })), { allow_missing: {} }];
  const typed_config = {
    ...type('envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication'),
    providers: Object.fromEntries(providers),
    rules: [{ match: { prefix: '/' }, requires: { requires_any: { requirements } } }],
  };
  return [{ name: 'envoy.filters.http.jwt_authn', typed_config }];
}

/** By role: the entry towards the edge, the entry within the mesh, the workloads' sidecars. */
export type MeshFiles = Record<'entry' | 'entryWorkload' | 'sidecar', Files>;
/** Of each subset: its sidecar and the application behind. `dead`: further endpoints where nobody listens. */
export type Subsets = Record<string, { sidecar: number; application: number; dead?: number[] }>;

/** The entry alone, so that it can be restarted by itself. */
export function entryEnvoy(manifests: Manifest[], files: MeshFiles, port: number, subsets: Subsets) {
  const mode = specOf<{ servers: { tls: { mode: string } }[] }>(manifests, 'Gateway')?.servers[0]?.tls.mode;
  const own = mode === 'ISTIO_MUTUAL' ? files.entryWorkload : files.entry;
  const trust = { use_remote_address: true, xff_num_trusted_hops: 1, forward_client_cert_details: 'SANITIZE' };
  const filters = [...jwtAuthn(manifests), rbac(manifests, port)];
  const manager = http('entry', entryRoutes(manifests), filters, trust);
  return {
    listeners: [listener('entry', port, manager, tlsContext('Downstream', own))],
    clusters: Object.entries(subsets).map(([name, { sidecar, dead = [] }]) =>
      cluster(name, [sidecar, ...dead], tlsContext('Upstream', files.entryWorkload)),
    ),
  };
}

export function sidecarsEnvoy(files: MeshFiles, subsets: Subsets) {
  return {
    listeners: Object.entries(subsets).map(([name, { sidecar }]) => {
      const route = { match: { prefix: '/' }, route: { cluster: `app-${name}`, timeout: '0s' } };
      const socket = tlsContext('Downstream', files.sidecar, ENTRY_IDENTITY);
      return listener(`sidecar-${name}`, sidecar, http(`sidecar-${name}`, [route], []), socket);
    }),
    clusters: Object.entries(subsets).map(([name, { application }]) => cluster(`app-${name}`, [application])),
  };
}

/** A workload's sidecar that wraps a plain stream in the mesh's TLS: what cloudflared's does with a port called `tcp-…`. */
export function tunnelEnvoy(files: Files, port: number, entry: number) {
  const proxy = {
    ...type('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'),
    stat_prefix: 'tunnel',
    cluster: 'entry',
  };
  return {
    listeners: [listener('tunnel', port, proxy)],
    clusters: [cluster('entry', [entry], tlsContext('Upstream', files, ENTRY_IDENTITY))],
  };
}
