/** What the mesh, and EnvoyFilters on the connection manager, say of every request of a listener; folded once for a Snapshot. */
import type { ConnectionSettings, MeshSettings, Snapshot } from '../snapshot.ts';

export interface ConnectionManager {
  pathNormalization: MeshSettings['pathNormalization'];
  /** How many proxies in front of us are believed (xff_num_trusted_hops). */
  trustedHops: number;
  stripAnyHostPort: boolean;
  serverName: string;
}

export function foldConnectionManager(
  { mesh }: Pick<Snapshot, 'mesh'>,
  settings: ConnectionSettings = {},
): ConnectionManager {
  const { pathNormalization, numTrustedProxies } = mesh;
  const knowsNoMerging = pathNormalization === 'BASE' || pathNormalization === 'NONE';
  return {
    pathNormalization: settings.mergeSlashes && knowsNoMerging ? 'MERGE_SLASHES' : pathNormalization,
    trustedHops: settings.xffNumTrustedHops ?? numTrustedProxies,
    stripAnyHostPort: settings.stripAnyHostPort ?? false,
    serverName: settings.serverName ?? 'istio-envoy',
  };
}
