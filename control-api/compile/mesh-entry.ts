/**
 * The way into the cluster: destinations whose endpoints nobody has named here are reached through the mesh entry, a
 * gateway in the cluster that a MeshEntry object names. Without one they stay unknown, and answer 503 as in Istio.
 */
import type { Cluster } from '../../gateway/snapshot.ts';
import { finding } from '../analysis/report.ts';
import { describe, type Resource } from '../resources/resource.ts';
import type { MeshEntrySpec } from '../resources/types.gen.ts';
import { calloutClusters } from './callouts.ts';
import { nameEntryPolicies, retriesOfEntry } from './entry-policy.ts';
import { wantedClusters } from './forwarded.ts';
import { compare, parseClusterName } from './names.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';

/** A MeshEntry with everything said. */
export interface EntrySettings
  extends Required<Omit<MeshEntrySpec, 'assertion' | 'vpcServiceId' | 'mtlsCertificateId'>> {
  /** Present: the edge comes over the internet, where it cannot choose the Host. */
  mtlsCertificateId?: string;
  /** Absent: the edge's certificate is proof enough. */
  assertion?: { jwks: string; audience: string };
}

/** The entry's Service: mutual TLS of our own authority on one port, the tunnel's plain stream on the other. */
export const ENTRY_PORTS = { MUTUAL_TLS: 443, TUNNEL: 8081 } as const;

/** What stands in where a MeshEntry leaves a field out; `bowsprit mesh` prints the cluster's half with the same. */
export function entrySettings(spec: Partial<MeshEntrySpec> = {}): EntrySettings {
  const { assertion, namespace = 'bowsprit-system', transport = 'MUTUAL_TLS' } = spec;
  return {
    address: '',
    port: ENTRY_PORTS[transport],
    serverName: `bowsprit-entry.${namespace}.svc.cluster.local`,
    credentialName: 'bowsprit-edge',
    edgePrincipal: 'bowsprit.example/edge',
    tunnelPrincipal: `cluster.local/ns/${namespace}/sa/cloudflared`,
    ...spec,
    namespace,
    transport,
    ...(assertion && { assertion: { audience: 'bowsprit-entry', ...assertion } }),
  } as EntrySettings;
}

export const meshEntry: Processor = {
  name: 'mesh-entry',
  reason: 'after the routes, which say what unknown services are wanted; before those who call services themselves',
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
    const settings = entrySettings(entry.spec as unknown as MeshEntrySpec);
    const made = draft.memo.table<Map<string, Through>>('through the mesh entry')(entry, [], () => new Map());
    for (const name of new Set([...wantedClusters(draft.snapshot), ...calloutClusters(input, clusters)])) {
      const known = clusters[name];
      if (known && !(known.resolution === 'MESH' && known.endpoints.length === 0)) continue;
      const before = made.get(name);
      const cluster = before && before.known === known ? before.cluster : throughEntry(name, known, settings);
      made.set(name, { known, cluster });
      clusters[name] = cluster;
    }
    nameEntryPolicies(draft.snapshot, draft.memo);
    draft.placements.push(...retriesOfEntry(input, draft.snapshot));
    draft.snapshot.clusters = Object.fromEntries(Object.entries(clusters).sort(([a], [b]) => compare(a, b)));
  },
};

/** A cluster as it stands in the Snapshot, and as it would without a MeshEntry. */
interface Through {
  known: Cluster | undefined;
  cluster: Cluster;
}

export const isMeshEntry = ({ group, kind }: Resource): boolean => group === 'bowsprit.dev' && kind === 'MeshEntry';

/** Balancing, health and limits are the entry's, which sees the endpoints; here there is one address. */
function throughEntry(name: string, known: Cluster | undefined, settings: EntrySettings): Cluster {
  const { address, port: entryPort, transport, serverName, credentialName, assertion } = settings;
  const { port = 0, subset = '', host = name } = parseClusterName(name) ?? {};
  return {
    name,
    host: known?.host ?? host,
    port: known?.port ?? port,
    ...(subset && { subset }),
    resolution: 'MESH',
    endpoints: [{ address, port: entryPort, labels: {}, weight: 1 }],
    loadBalancer: { policy: 'ROUND_ROBIN' },
    // What leads into the tunnel is protected by others: the edge speaks plain HTTP to it.
    ...(transport === 'MUTUAL_TLS' && { tls: { mode: 'MUTUAL', sni: serverName, credentialName } }),
    ...(assertion && { assertion: { audience: assertion.audience, credentialName } }),
    connectTimeoutMs: known?.connectTimeoutMs ?? 10_000,
  };
}
