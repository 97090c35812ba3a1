/** Which policies, filters and telemetry hold for this proxy. Istio: everything with a workload selector works alike. */
import type { Resource } from '../resources/resource.ts';
import type { ProxyIdentity } from './processor.ts';
import { hasLabels } from './select.ts';

interface ScopedSpec {
  selector?: { matchLabels?: Record<string, string> };
  workloadSelector?: { labels?: Record<string, string> };
  targetRef?: unknown;
  targetRefs?: unknown[];
}

/**
 * In the root namespace or the proxy's own, and its selector (none selects all) fits the proxy's labels. A targetRef
 * names a Gateway of the Kubernetes Gateway API or a Service of a waypoint, which this proxy is not.
 */
export function appliesTo({ metadata, spec }: Pick<Resource, 'metadata' | 'spec'>, identity: ProxyIdentity): boolean {
  const { selector, workloadSelector, targetRef, targetRefs } = spec as ScopedSpec;
  if (metadata.namespace !== identity.namespace && metadata.namespace !== identity.rootNamespace) return false;
  if (targetRef || targetRefs?.length) return false;
  return hasLabels(identity.labels, selector?.matchLabels) && hasLabels(identity.labels, workloadSelector?.labels);
}
