/** Snapshots by hand, for tests that are about processes and sockets and not about compiling. */
import type { Cluster, HttpFilter, Listener, Server, Snapshot } from '../../gateway/snapshot.ts';

export function snapshotOf(id: string, listeners: Listener[]): Snapshot {
  return {
    id,
    mesh: { numTrustedProxies: 0, pathNormalization: 'BASE', nodeCluster: '', accessLog: [] },
    listeners,
    routeTables: {},
    clusters: {},
  };
}

export function listenerOf(port: number, servers: Partial<Server>[], httpFilters: HttpFilter[] = []): Listener {
  const full = servers.map((server, index) => ({ name: `server-${index}`, hosts: ['*'], routeTable: '', ...server }));
  return { name: `0.0.0.0_${port}`, port, servers: full, httpFilters };
}

export function clusterOf(name: string, address: string, port: number): Cluster {
  const endpoints = [{ address, port, labels: {}, weight: 1 }];
  const loadBalancer = { policy: 'ROUND_ROBIN' as const };
  return { name, host: name, port, endpoints, resolution: 'DNS', loadBalancer, connectTimeoutMs: 1000 };
}
