/** How an endpoint's bindings are called on Cloudflare, where names are identifiers. */
import { endpointBinding } from './bindings.ts';
import type { Cluster, Endpoint } from './snapshot.ts';

type Reached = [cluster: Pick<Cluster, 'name' | 'tls' | 'resolution'>, endpoint: Pick<Endpoint, 'address' | 'port'>];

/** A VPC Service: `10.0.0.1:80` -> `UPSTREAM_10_0_0_1_80`; with TLS the cluster's name follows. */
export const deployedBinding = (...reached: Reached): string => `UPSTREAM_${identifier(...reached)}`;

/** A client certificate that is shown on the way over the internet. */
export const certificateBinding = (...reached: Reached): string => `CERTIFICATE_${identifier(...reached)}`;

const identifier = (...reached: Reached): string => endpointBinding(...reached).replace(/[^A-Za-z0-9]+/g, '_');
