/**
 * Who this gateway is to the configuration. Istio reads it from the pod; here MeshConfig says it where it differs from
 * Istio's own ingress gateway: `rootNamespace`, and in `defaultConfig.proxyMetadata` the variables that Istio's proxies
 * have, ISTIO_METAJSON_LABELS (a JSON object) and POD_NAMESPACE.
 */
import type { ProxyIdentity } from './processor.ts';

interface MeshIdentity {
  rootNamespace?: unknown;
  defaultConfig?: { proxyMetadata?: Record<string, unknown> };
}

/** @param given what holds where the mesh says nothing */
export function identityOf(given: ProxyIdentity, mesh: Record<string, unknown>): ProxyIdentity {
  const { rootNamespace, defaultConfig } = mesh as MeshIdentity;
  const metadata = defaultConfig?.proxyMetadata ?? {};
  const labels = labelsOf(metadata.ISTIO_METAJSON_LABELS) ?? given.labels;
  return {
    ...given,
    labels,
    namespace: text(metadata.POD_NAMESPACE) || given.namespace,
    rootNamespace: text(rootNamespace) || given.rootNamespace,
    // Istio writes the parts with dots, because a label's value may have no slash.
    locality: labels['istio-locality']?.replaceAll('.', '/') ?? given.locality,
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** undefined when it is absent or no JSON object of strings. */
function labelsOf(json: unknown): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(text(json) || 'null');
    const isLabels = value !== null && typeof value === 'object' && Object.values(value).every(isText);
    return isLabels ? { ...(value as Record<string, string>) } : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
