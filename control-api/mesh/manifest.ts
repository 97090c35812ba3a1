/** What all manifests of the entry have in common. */

export type Manifest = { apiVersion: string; kind: string; metadata: Record<string, unknown>; spec?: unknown };

/** Name of the entry's objects, and its label. */
export const ENTRY_NAME = 'bowsprit-entry';
/**
 * The entry's container ports; AuthorizationPolicies match the listener's port, not the Service's. On the first the edge shows
 * its certificate, on the second the tunnel's sidecar shows the mesh's.
 */
export const CONTAINER_PORTS = { MUTUAL_TLS: 8443, TUNNEL: 15443 } as const;

export const selector = { matchLabels: { istio: ENTRY_NAME } };

export const meta = (namespace: string, name = ENTRY_NAME): { name: string; namespace: string } => ({
  name,
  namespace,
});
