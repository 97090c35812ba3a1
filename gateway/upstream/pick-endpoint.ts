/** Which endpoint of a cluster takes a request. */
import type { Exchange } from '../exchange.ts';
import type { Cluster, Endpoint } from '../snapshot.ts';

/**
 * @param tried endpoints of earlier tries of this request, which a balancer may avoid
 * @returns undefined when the cluster has no endpoint: "no healthy upstream"
 */
export function pickEndpoint(cluster: Cluster, _exchange: Exchange, _tried: readonly Endpoint[]): Endpoint | undefined {
  return cluster.endpoints[Math.floor(Math.random() * cluster.endpoints.length)];
}
