/** What the mesh, and EnvoyFilters on the connection manager, say of every request of a listener; folded once for a Snapshot. */
import type { ConnectionSettings, MeshSettings, ProxyHeaders, Snapshot } from '../snapshot.ts';
import { REMOVED } from './request-headers.ts';

export interface ConnectionManager {
  pathNormalization: MeshSettings['pathNormalization'];
  /** How many proxies in front of us are believed (xff_num_trusted_hops). */
  trustedHops: number;
  stripAnyHostPort: boolean;
  /** undefined: whatever the upstream says. */
  serverName: string | undefined;
  /** Names of headers that a client may not send. */
  removed: ReadonlySet<string>;
  makesRequestId: boolean;
  tellsPort: boolean;
  clientCertificate: NonNullable<ProxyHeaders['clientCertificate']> | 'SANITIZE_SET';
}

export function foldConnectionManager(
  { mesh }: Pick<Snapshot, 'mesh'>,
  settings: ConnectionSettings = {},
): ConnectionManager {
  const { pathNormalization, numTrustedProxies, proxyHeaders = {} } = mesh;
  const { server = 'istio-envoy', clientCertificate = 'SANITIZE_SET' } = proxyHeaders;
  const knowsNoMerging = pathNormalization === 'BASE' || pathNormalization === 'NONE';
  return {
    pathNormalization: settings.mergeSlashes && knowsNoMerging ? 'MERGE_SLASHES' : pathNormalization,
    trustedHops: settings.xffNumTrustedHops ?? numTrustedProxies,
    stripAnyHostPort: settings.stripAnyHostPort ?? false,
    serverName: server === null ? undefined : (settings.serverName ?? server),
    removed: clientCertificate === 'ALWAYS_FORWARD_ONLY' ? without(REMOVED, 'x-forwarded-client-cert') : REMOVED,
    makesRequestId: proxyHeaders.requestId ?? true,
    tellsPort: proxyHeaders.forwardedPort ?? false,
    clientCertificate,
  };
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...names].filter((other) => other !== name));
}
