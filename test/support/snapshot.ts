/** Small Snapshots for tests: one plain listener on port 80, one virtual host. */
import type { Cluster, Route, Snapshot, VirtualHost } from '../../gateway/snapshot.ts';

export const ORIGIN = { kind: 'VirtualService', namespace: 'default', name: 'test' };

export function snapshotOf(virtualHosts: VirtualHost[], clusters: Cluster[] = []): Snapshot {
  return {
    id: '0123456789abcdef',
    mesh: {
      numTrustedProxies: 0,
      pathNormalization: 'BASE',
      nodeCluster: 'istio-ingressgateway.istio-system',
      accessLog: [],
    },
    listeners: [
      {
        name: '0.0.0.0_80',
        port: 80,
        servers: [{ name: 'http.gw.default', hosts: ['*'], routeTable: 'http.80' }],
        httpFilters: [],
      },
    ],
    routeTables: { 'http.80': { name: 'http.80', virtualHosts } },
    clusters: Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster])),
  } as unknown as Snapshot;
}

export function virtualHostOf(domain: string, routes: Route[]): VirtualHost {
  return { name: `${domain}:80`, domains: [domain], routes };
}

export function clusterOf(name: string, ports: number[]): Cluster {
  return {
    name,
    host: `${name}.default.svc.cluster.local`,
    port: 8080,
    endpoints: ports.map((port) => ({ address: '127.0.0.1', port, labels: {}, weight: 1 })),
    resolution: 'STATIC',
    loadBalancer: { policy: 'LEAST_REQUEST' },
    connectTimeoutMs: 10_000,
  };
}

/** A forwarding route; `parts` overrides anything. */
export function forwardTo(cluster: string, parts: Partial<Route> = {}): Route {
  return {
    name: '',
    match: {},
    action: { kind: 'forward', destinations: [{ cluster, weight: 100 }], timeoutMs: 0 },
    origin: ORIGIN,
    ...parts,
  };
}
