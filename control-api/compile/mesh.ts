/** MeshConfig → the Snapshot's mesh settings. */
import type { MeshSettings } from '../../gateway/snapshot.ts';
import type { Processor } from './processor.ts';
import { proxyHeaders } from './proxy-headers.ts';

const NORMALIZATION = new Set(['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES']);

export const mesh: Processor = {
  name: 'mesh',
  reason: 'defaults come before everything that can override them',
  run({ mesh, identity }, draft) {
    const { normalization = '' } = (mesh.pathNormalization ?? {}) as { normalization?: string };
    const headers = proxyHeaders(mesh);
    draft.snapshot.mesh = {
      ...draft.snapshot.mesh,
      numTrustedProxies: numTrustedProxies(mesh),
      pathNormalization: (NORMALIZATION.has(normalization)
        ? normalization
        : 'BASE') as MeshSettings['pathNormalization'],
      ...(headers && { proxyHeaders: headers }),
      nodeCluster: `${identity.labels.app ?? identity.labels.istio ?? 'istio-proxy'}.${identity.namespace}`,
    };
  },
};

/** defaultConfig.gatewayTopology; the annotation proxy.istio.io/config is a pod's, and no pod is here. */
function numTrustedProxies(mesh: Record<string, unknown>): number {
  const { gatewayTopology } = (mesh.defaultConfig ?? {}) as { gatewayTopology?: { numTrustedProxies?: number } };
  return gatewayTopology?.numTrustedProxies ?? 0;
}
