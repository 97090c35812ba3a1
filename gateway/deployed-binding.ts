/** How an endpoint's binding is called on Cloudflare, where names are identifiers. */
import { endpointBinding } from './bindings.ts';
import type { Cluster, Endpoint } from './snapshot.ts';

/** `10.0.0.1:80` -> `UPSTREAM_10_0_0_1_80`; with TLS the cluster's name follows. */
export function deployedBinding(
  cluster: Pick<Cluster, 'name' | 'tls' | 'resolution'>,
  endpoint: Pick<Endpoint, 'address' | 'port'>,
): string {
  return `UPSTREAM_${endpointBinding(cluster, endpoint).replace(/[^A-Za-z0-9]+/g, '_')}`;
}
