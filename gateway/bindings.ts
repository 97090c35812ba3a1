/**
 * The contract between the Worker and what starts it (`serve`, `dev`, `deploy`): what `env` and `ctx.props` hold, and what
 * `worker.ts` exports. Whoever starts the Worker builds these from the Snapshot; the gateway only looks names up.
 */
import type { Cluster, Endpoint, Snapshot } from './snapshot.ts';

/** `ctx.props` of a request: which of the Gateway's sockets it came in on. */
export interface SocketProps {
  /** The Gateway's port (Listener.port), not the local one that `serve` listens on. */
  port: number;
  /** Server.name that SNI chose; absent on a plain listener, which has one server. */
  server?: string;
}

/** `request.cf` as workerd gives it on a plain socket, and as our TLS front writes it on the sockets that it feeds. */
export interface SocketCf {
  /** `127.0.0.2:55252`, `[::1]:55252`: the direct peer. */
  clientIp?: string;
  /** The name that the client asked for in TLS (SNI). */
  serverName?: string;
  /** Present when the client showed a certificate (mutual TLS); PEM, URL-encoded DER details follow Envoy's XFCC. */
  tlsClientAuth?: { certPresented: '0' | '1'; certVerified: 'SUCCESS' | 'NONE'; sha256?: string; pem?: string };
}

/** Fixed names in `env`; endpoints stand beside them under `endpointBinding()`. */
/** Name in env of what compiles a filter's module in a process that runs already; only `serve` binds it. */
export const COMPILER = 'COMPILER';
export interface ModuleCompiler {
  newWasmModule(bytes: ArrayBuffer): WebAssembly.Module;
}

export interface GatewayEnv {
  /** The whole Snapshot, parsed. */
  SNAPSHOT: Snapshot;
  /** RPC to the state process (counters, published Snapshots); absent when nothing needs it. */
  STATE?: unknown;
  /** Where callouts to hosts of the configuration (issuers' keys) leave; absent: the runtime's own fetch. */
  INTERNET?: unknown;
  /** The same without private networks, for hosts that somebody else than the configuration names. */
  PUBLIC?: unknown;
  /** A secret: the private half of the MeshEntry's assertion keys, an ES256 key as JWK text. */
  ENTRY_KEY?: unknown;
  /** Endpoints (by `endpointBinding`) whose port nobody can look at from here: only their binding reaches them. */
  HIDDEN?: ReadonlySet<string>;
  [endpoint: string]: unknown;
}

/**
 * The name in `env` of the Fetcher for one endpoint of a cluster. Its `fetch("http://<authority>/…")` reaches that address
 * whatever the URL says. Clusters with TLS have Fetchers of their own, because SNI and certificates belong to the cluster;
 * all clusters behind the mesh entry share one, because they share its connections.
 * No such binding: the name did not resolve, the endpoint is left out.
 */
export function endpointBinding(
  cluster: Pick<Cluster, 'name' | 'tls' | 'resolution'>,
  endpoint: Pick<Endpoint, 'address' | 'port'>,
): string {
  const address = `${endpoint.address}:${endpoint.port}`;
  if (!cluster.tls) return address;
  return `${address} ${cluster.resolution === 'MESH' ? 'mesh' : cluster.name}`;
}
