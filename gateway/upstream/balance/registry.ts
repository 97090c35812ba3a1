/** The balancers of this isolate. One for each Cluster object, which lives as long as its Snapshot. */
import type { Cluster } from '../../snapshot.ts';
import { Balancer } from './balancer.ts';

const balancers = new WeakMap<Cluster, Balancer>();
/** The newest by name: where the same cluster of the next Snapshot takes over what was learned. */
const latest = new Map<string, Balancer>();

export function balancerOf(cluster: Cluster): Balancer {
  let balancer = balancers.get(cluster);
  if (balancer === undefined) {
    balancer = new Balancer(cluster, { previous: latest.get(cluster.name) });
    balancers.set(cluster, balancer);
    latest.set(cluster.name, balancer);
  }
  return balancer;
}
