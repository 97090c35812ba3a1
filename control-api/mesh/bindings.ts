/** Which bindings a Snapshot needs on Cloudflare, where an endpoint that is not on the internet is reached by a binding alone. */
import ipaddr from 'ipaddr.js';
import { certificateBinding, deployedBinding } from '../../gateway/deployed-binding.ts';
import type { Cluster, Endpoint, Snapshot } from '../../gateway/snapshot.ts';
import { isMeshEntry } from '../compile/mesh-entry.ts';
import type { Resource } from '../resources/resource.ts';
import type { MeshEntrySpec } from '../resources/types.gen.ts';

/** In wrangler's configuration: the list it stands in (for secrets: `secrets.required`). */
export type BindingKind = 'vpc_services' | 'mtls_certificates' | 'durable_objects' | 'secrets';

export interface NeededBinding {
  kind: BindingKind;
  binding: string;
  /** Of the account's VPC Service or certificate, where the configuration names it. */
  id?: string;
  /** What does not work without it: `the mesh entry`, `10.0.0.1:80`. */
  what: string;
}

export const THE_ENTRY = 'the mesh entry';

/** The field that holds a binding's id, in wrangler's configuration and in a MeshEntry. */
export const ID_FIELDS = {
  vpc_services: { field: 'service_id', entryField: 'vpcServiceId' },
  mtls_certificates: { field: 'certificate_id', entryField: 'mtlsCertificateId' },
} as const;

/** Sorted by name, each once. */
export function neededBindings(snapshot: Snapshot, resources: readonly Resource[]): NeededBinding[] {
  const entry = resources.find(isMeshEntry)?.spec as MeshEntrySpec | undefined;
  const needed = new Map<string, NeededBinding>();
  const add = (one: NeededBinding | undefined) => one && needed.set(one.binding, one);
  for (const cluster of Object.values(snapshot.clusters)) {
    for (const endpoint of cluster.endpoints) add(endpointNeed(cluster, endpoint, entry));
    if (cluster.assertion) add({ kind: 'secrets', binding: 'ENTRY_KEY', what: 'what the edge signs' });
  }
  if (countsGlobally(snapshot)) add({ kind: 'durable_objects', binding: 'COUNTERS', what: 'global rate limits' });
  return [...needed.values()].sort((a, b) => (a.binding < b.binding ? -1 : 1));
}

function endpointNeed(
  cluster: Cluster,
  endpoint: Endpoint,
  entry: MeshEntrySpec | undefined,
): NeededBinding | undefined {
  const behindEntry = cluster.resolution === 'MESH';
  const what = behindEntry ? THE_ENTRY : `${endpoint.address}:${endpoint.port}`;
  if (cluster.tls?.mode === 'MUTUAL' && !isPrivate(endpoint.address)) {
    const id = behindEntry ? entry?.mtlsCertificateId : undefined;
    return { kind: 'mtls_certificates', binding: certificateBinding(cluster, endpoint), what, ...(id && { id }) };
  }
  const intoTunnel = behindEntry && cluster.tls === undefined;
  if (!intoTunnel && !isPrivate(endpoint.address)) return undefined;
  const id = behindEntry ? entry?.vpcServiceId : undefined;
  return { kind: 'vpc_services', binding: deployedBinding(cluster, endpoint), what, ...(id && { id }) };
}

/** Not to be reached over the internet: an address of a private range, or a name that only an own network knows. */
function isPrivate(address: string): boolean {
  if (ipaddr.isValid(address)) return ipaddr.process(address).range() !== 'unicast';
  return !address.includes('.') || /\.(svc|local|internal|localhost|home\.arpa)$|\.svc\./.test(address);
}

const countsGlobally = ({ listeners }: Snapshot): boolean =>
  listeners.some(({ httpFilters }) => httpFilters.some(({ config }) => config.kind === 'ratelimit'));
