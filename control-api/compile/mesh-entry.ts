/**
 * The way into the cluster: destinations whose endpoints nobody has named here are reached through the mesh entry, a
 * gateway in the cluster that a MeshEntry object names. Without one they stay unknown, and answer 503 as in Istio.
 */
import type { Cluster, ForwardAction, Snapshot } from '../../gateway/snapshot.ts';
import { finding } from '../analysis/report.ts';
import { describe, type Resource } from '../resources/resource.ts';
import type { MeshEntrySpec } from '../resources/types.gen.ts';
import { compare } from './names.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';

/** What stands in where a MeshEntry leaves a field out; `bowsprit mesh` prints the cluster's half with the same. */
export const ENTRY_DEFAULTS = {
  port: 443,
  serverName: 'bowsprit-entry.bowsprit-system.svc.cluster.local',
  credentialName: 'bowsprit-edge',
  namespace: 'bowsprit-system',
  edgePrincipal: 'bowsprit.example/edge',
};

export const meshEntry: Processor = {
  name: 'mesh-entry',
  reason: 'after the routes, because only they say which unknown services are wanted',
  run(input: CompileInput, draft: Draft) {
    const [entry, ...others] = input.resources.filter(isMeshEntry);
    for (const other of others) {
      const about = { resource: describe(other), position: other.at(['metadata', 'name']) };
      draft.findings.push(finding('SecondMeshEntry', { first: describe(entry!) }, about));
    }
    if (!entry) return;
    draft.placements.push({
      resource: describe(entry),
      where: 'edge',
      reason: 'the way to services without endpoints here',
    });
    const { clusters } = draft.snapshot;
    for (const name of wantedClusters(draft.snapshot)) {
      const known = clusters[name];
      if (!known || (known.resolution === 'MESH' && known.endpoints.length === 0))
        clusters[name] = throughEntry(name, known, entry);
    }
    draft.snapshot.clusters = Object.fromEntries(Object.entries(clusters).sort(([a], [b]) => compare(a, b)));
  },
};

export const isMeshEntry = ({ group, kind }: Resource): boolean => group === 'bowsprit.dev' && kind === 'MeshEntry';

/** Every cluster that some route names, sorted: destinations and mirrors. */
export function wantedClusters({ routeTables }: Pick<Snapshot, 'routeTables'>): string[] {
  const routes = Object.values(routeTables).flatMap((table) => table.virtualHosts.flatMap((host) => host.routes));
  const actions = routes
    .map((route) => route.action)
    .filter((action): action is ForwardAction => action.kind === 'forward');
  const names = actions.flatMap(({ destinations, mirrors = [] }) =>
    [...destinations, ...mirrors].map((one) => one.cluster),
  );
  return [...new Set(names)].sort(compare);
}

/** The parts of `outbound|9080|v1|reviews.default.svc.cluster.local`; undefined for any other name. */
export function parseClusterName(name: string): { port: number; subset: string; host: string } | undefined {
  const [direction, port, subset, host] = name.split('|');
  return direction === 'outbound' && host ? { port: Number(port), subset: subset ?? '', host } : undefined;
}

/** Balancing, health and limits are the entry's, which sees the endpoints; here there is one address. */
function throughEntry(name: string, known: Cluster | undefined, entry: Resource): Cluster {
  const spec = { ...ENTRY_DEFAULTS, ...(entry.spec as unknown as MeshEntrySpec) };
  const { port = 0, subset = '', host = name } = parseClusterName(name) ?? {};
  return {
    name,
    host: known?.host ?? host,
    port: known?.port ?? port,
    ...(subset && { subset }),
    resolution: 'MESH',
    endpoints: [{ address: spec.address, port: spec.port, labels: {}, weight: 1 }],
    loadBalancer: { policy: 'ROUND_ROBIN' },
    connectTimeoutMs: known?.connectTimeoutMs ?? 10_000,
    tls: { mode: 'MUTUAL', sni: spec.serverName, credentialName: spec.credentialName },
  };
}
