/**
 * Which servers of which Gateways may share a port. Plain HTTP servers share one route table; TLS servers have one each
 * and are told apart by SNI; whatever comes later and fits neither is refused. Istio: MergeGateways.
 */
import type { Resource } from '../resources/resource.ts';
import { splitGatewayHost } from './names.ts';
import type { GatewaySpec, ServerSpec } from './spec.ts';

export interface OpenServer {
  gateway: Resource<GatewaySpec>;
  /** Its place in spec.servers. */
  index: number;
  server: ServerSpec;
  /** `host` or `namespace/host`, with `.` and `*` namespaces resolved. */
  hosts: string[];
  port: number;
  routeTable: string;
  /** TLS ends here; an HTTP server with httpsRedirect is not secure. */
  secure: boolean;
}
export interface RefusedServer {
  gateway: Resource<GatewaySpec>;
  index: number;
  reason: string;
  /** Istio serves it; Envoy then refuses everything on its port. */
  byEnvoy?: boolean;
}

const HTTP = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY']);
const PASSTHROUGH = new Set(['PASSTHROUGH', 'AUTO_PASSTHROUGH']);

interface Ports {
  /** What each port was first opened for; TCP and the like take a port without being served. */
  kinds: Map<number, 'plain' | 'secure' | 'other'>;
  /** Hosts of servers with a tls block, by port: Envoy takes each only once. */
  tlsHosts: Map<number, Set<string>>;
  /** The same without their namespaces, of the TLS servers that Istio serves. */
  names: Map<number, Set<string>>;
  /** Route tables of TLS servers already taken. */
  tables: Set<string>;
}

/** @param gateways those that select this proxy, oldest first */
export function mergeServers(gateways: readonly Resource<GatewaySpec>[]): {
  servers: OpenServer[];
  refused: RefusedServer[];
} {
  const ports: Ports = { kinds: new Map(), tlsHosts: new Map(), names: new Map(), tables: new Set() };
  const servers: OpenServer[] = [];
  const refused: RefusedServer[] = [];
  for (const gateway of gateways) {
    for (const [index, server] of (gateway.spec.servers ?? []).entries()) {
      const open = openServer(gateway, index, server);
      const reason = refusal(open, ports);
      const twice = reason ? [] : repeatedNames(open, ports);
      if (reason) refused.push({ gateway, index, reason });
      else if (twice.length > 0) refused.push({ gateway, index, reason: overlapping(open, twice), byEnvoy: true });
      else servers.push(open);
    }
  }
  return { servers, refused };
}

function openServer(gateway: Resource<GatewaySpec>, index: number, server: ServerSpec): OpenServer {
  const { name, namespace } = gateway.metadata;
  const port = server.port.number;
  const secure = kindOf(server) === 'secure';
  const routeTable = secure ? `https.${port}.${server.port.name ?? ''}.${name}.${namespace}` : `http.${port}`;
  return { gateway, index, server, hosts: sanitizeHosts(server.hosts, namespace), port, routeTable, secure };
}

/** `./host` names the Gateway's namespace, `*` before the slash every one; a server with the host `*` of every namespace serves just that. */
function sanitizeHosts(hosts: readonly string[], namespace: string): string[] {
  if (hosts.includes('*/*')) return ['*'];
  return hosts.map((host) => {
    if (host.startsWith('./')) return `${namespace}/${host.slice(2)}`;
    return host.startsWith('*/') ? host.slice(2) : host;
  });
}

function kindOf({ port, tls }: ServerSpec): 'plain' | 'secure' | 'other' {
  const protocol = (port.protocol ?? '').toUpperCase();
  if (HTTP.has(protocol)) return 'plain';
  return protocol === 'HTTPS' && tls && !PASSTHROUGH.has(tls.mode ?? '') ? 'secure' : 'other';
}

/** Why a server is not served, and the bookkeeping for those that are. */
function refusal(open: OpenServer, ports: Ports): string | undefined {
  const { server, port, routeTable, secure } = open;
  const kind = kindOf(server);
  if (server.tls) {
    const repeated = duplicates(open.hosts, port, ports.tlsHosts);
    if (repeated.length > 0) return `another server on port ${port} already has the host ${repeated.join(', ')}`;
  }
  const taken = ports.kinds.get(port);
  if (kind === 'other') {
    ports.kinds.set(port, taken ?? (server.tls ? 'secure' : 'other'));
    return `protocol ${server.port.protocol}${server.tls?.mode ? ` with mode ${server.tls.mode}` : ''} is not HTTP`;
  }
  if (taken && taken !== kind) return `port ${port} is already taken by a server of another protocol`;
  if (secure && ports.tables.has(routeTable)) return `the port name ${server.port.name} is not unique in the Gateway`;
  ports.kinds.set(port, kind);
  ports.tables.add(routeTable);
  return undefined;
}

/** Istio tells hosts apart by their namespaces too, but TLS servers by SNI alone, where no two may have one name (a real Envoy's listener). */
function repeatedNames({ hosts, port, secure }: OpenServer, { names }: Ports): string[] {
  return secure ? duplicates([...new Set(hosts.map((host) => splitGatewayHost(host).host))], port, names) : [];
}

const overlapping = ({ port }: OpenServer, names: readonly string[]): string =>
  `two TLS servers on port ${port} have the host ${names.join(', ')}`;

/** A server that is refused takes no host from those behind it. */
function duplicates(hosts: readonly string[], port: number, known: Map<number, Set<string>>): string[] {
  const taken = known.get(port) ?? new Set();
  known.set(port, taken);
  const repeated = hosts.filter((host) => taken.has(host));
  if (repeated.length === 0) for (const host of hosts) taken.add(host);
  return repeated;
}
