/** From a Snapshot to one gateway process: which sockets, which upstream services, which certificates. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { endpointBinding } from '../../gateway/bindings.ts';
import type { Endpoint, Listener, Server, Snapshot } from '../../gateway/snapshot.ts';
import type { ExternalService } from './capnp.ts';
import { type Keep, upstreamTls } from './upstream-tls.ts';

/** How one Gateway port is taken in. */
export type PortPlan =
  /** workerd accepts on the parent's socket; `tls` when it ends TLS as well. */
  | { kind: 'direct'; port: number; server: Server; tls: boolean }
  /** Our TLS front accepts, because SNI chooses among servers or a client certificate has to be looked at. */
  | { kind: 'front'; port: number; servers: Server[] };

/** workerd's TLS sockets know one certificate and no SNI, so only a server for every host can be handed to it. */
export function portPlan(listener: Listener): PortPlan {
  const { port, servers } = listener;
  const [server] = servers;
  const simple = server && servers.length === 1 && (!server.tls || catchesAll(server));
  return simple ? { kind: 'direct', port, server, tls: server.tls !== undefined } : { kind: 'front', port, servers };
}

function catchesAll(server: Server): boolean {
  return server.tls?.mode === 'SIMPLE' && server.tls.maxProtocolVersion === undefined && server.hosts.includes('*');
}

/** One `external` service for each distinct endpoint, named as the gateway looks it up. */
export async function externalServices(
  snapshot: Snapshot,
  keep: Keep,
  certificates?: string,
): Promise<ExternalService[]> {
  const services = new Map<string, ExternalService>();
  for (const cluster of Object.values(snapshot.clusters)) {
    for (const endpoint of cluster.endpoints) {
      const name = endpointBinding(cluster, endpoint);
      if (services.has(name)) continue;
      const address = await resolve(endpoint);
      if (address) services.set(name, { name, address, ...upstreamTls(cluster, keep, certificates) });
    }
  }
  return [...services.values()];
}

/** workerd refuses to start on a name that does not resolve, so names are looked up here; undefined: unhealthy. */
async function resolve({ address, port }: Endpoint): Promise<string | undefined> {
  if (address.startsWith('unix://')) return `unix:${address.slice('unix://'.length)}`;
  const family = isIP(address);
  if (family) return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  try {
    const found = await lookup(address);
    return found.family === 6 ? `[${found.address}]:${port}` : `${found.address}:${port}`;
  } catch {
    console.error(`bowsprit: ${address} does not resolve; its endpoint counts as unhealthy`);
    return undefined;
  }
}
