/**
 * The cluster's half, as standard Istio objects: an entry gateway that only the edge may use, and one VirtualService for
 * each destination the edge may name. The edge chooses, these carry it out; what each field is for was tried against Istio
 * (docs/mesh.md).
 */
import type { Cluster, Snapshot } from '../../gateway/snapshot.ts';
import { entryPolicies } from '../compile/entry-policy.ts';
import { wantedClusters } from '../compile/forwarded.ts';
import { entrySettings } from '../compile/mesh-entry.ts';
import { compare } from '../compile/names.ts';
import type { MeshEntrySpec } from '../resources/types.gen.ts';
import { access } from './access.ts';
import { destination, nobody } from './destinations.ts';
import type { Manifest } from './manifest.ts';
import { workload } from './workload.ts';

/** Sorted and complete: the same files always give the same objects, so that a diff shows real changes only. */
export function meshManifests(
  snapshot: Pick<Snapshot, 'routeTables' | 'clusters'>,
  entry: Partial<MeshEntrySpec> = {},
): Manifest[] {
  const settings = entrySettings(entry);
  const { namespace } = settings;
  const policies = entryPolicies(snapshot);
  const { clusters } = snapshot;
  const wanted = new Set([
    ...wantedClusters(snapshot),
    ...Object.keys(clusters).filter((name) => hasEntry(clusters[name])),
  ]);
  const names = [...wanted].filter((name) => isBehindEntry(clusters[name]?.resolution)).sort(compare);
  const destinations = names.flatMap((name) => destination(name, policies.get(name) ?? [], namespace));
  return [...workload(settings), ...access(settings), nobody(namespace), ...destinations];
}

/** Routed or not: callouts go there. */
const hasEntry = (cluster: Cluster | undefined): boolean =>
  cluster?.resolution === 'MESH' && cluster.endpoints.length > 0;

/** Endpoints the edge knows itself are reached directly; everything else goes through the entry. */
const isBehindEntry = (resolution: string | undefined): boolean => resolution === undefined || resolution === 'MESH';
