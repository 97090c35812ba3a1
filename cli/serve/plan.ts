/** From a Snapshot to one gateway process: which sockets, which upstream services, which certificates. */
import { isIP } from 'node:net';
import { endpointBinding } from '../../gateway/bindings.ts';
import type { Endpoint, Listener, Server, Snapshot } from '../../gateway/snapshot.ts';
import type { ExternalService } from './capnp.ts';
import type { Credentials } from './credentials.ts';
import type { Names } from './names.ts';
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

function catchesAll({ tls, hosts }: Server): boolean {
  const plain = tls?.maxProtocolVersion === undefined && tls?.cipherSuites === undefined;
  return tls?.mode === 'SIMPLE' && plain && hosts.includes('*');
}

/** One `external` service for each distinct endpoint, named as the gateway looks it up; none for a name without address. */
export function externalServices(
  snapshot: Snapshot,
  names: Names,
  keep: Keep,
  credentials: Credentials,
): ExternalService[] {
  const services = new Map<string, ExternalService>();
  for (const cluster of Object.values(snapshot.clusters)) {
    for (const endpoint of cluster.endpoints) {
      const name = endpointBinding(cluster, endpoint);
      const address = services.has(name) ? undefined : dialled(endpoint, names);
      if (address) services.set(name, { name, address, ...upstreamTls(cluster, keep, credentials) });
    }
  }
  return [...services.values()];
}

function dialled({ address, port }: Endpoint, names: Names): string | undefined {
  if (address.startsWith('unix://')) return `unix:${address.slice('unix://'.length)}`;
  const found = names.addressOf(address);
  return found && (isIP(found) === 6 ? `[${found}]:${port}` : `${found}:${port}`);
}
