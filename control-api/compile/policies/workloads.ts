/** Which workloads are behind a cluster, as far as labels tell. */
import type { Cluster } from '../../../gateway/snapshot.ts';
import type { Resource } from '../../resources/resource.ts';
import type { Draft } from '../processor.ts';
import type { DestinationRuleSpec } from '../spec.ts';
import { type TargetedSpec, targetsOf } from './scope.ts';

export interface Workloads {
  namespace: string;
  /** Labels of each endpoint; one entry for all when no endpoint is known. */
  labels: Record<string, string>[];
  /** Whether there are no other labels: true where endpoints or Pods are written out, not for a Service's selector alone. */
  complete: boolean;
  /** The port they listen on; undefined when they differ or none is known. */
  port: number | undefined;
}

/** undefined: nobody declares the host. */
export function workloadsOf(cluster: Cluster, draft: Draft): Workloads | undefined {
  const service = draft.services.lookup(cluster.host);
  if (!service) return undefined;
  const common = { ...serviceSelector(service.source), ...subsetLabels(cluster, draft) };
  const endpoints = cluster.endpoints.map(({ labels }) => ({ ...common, ...labels }));
  const ports = new Set(cluster.endpoints.map(({ port }) => port));
  return {
    namespace: service.namespace,
    labels: endpoints.length > 0 ? endpoints : [common],
    complete:
      service.registry === 'ServiceEntry' || cluster.endpoints.some(({ labels }) => Object.keys(labels).length > 0),
    port: ports.size === 1 ? [...ports][0] : undefined,
  };
}

/** Every pod of a Kubernetes Service has the labels that it selects by. */
function serviceSelector({ kind, spec }: Resource): Record<string, string> {
  const inner = (spec as { spec?: { selector?: Record<string, string> } }).spec;
  return kind === 'Service' ? (inner?.selector ?? {}) : {};
}

function subsetLabels({ host, subset }: Cluster, draft: Draft): Record<string, string> {
  const service = draft.services.lookup(host);
  const rule =
    service && (draft.destinationRules.forService(service) as Pick<DestinationRuleSpec, 'subsets'> | undefined);
  return rule?.subsets?.find(({ name }) => name === subset)?.labels ?? {};
}

/** Whether a policy holds for all of these workloads, for none of them, or for some or perhaps. */
export function selects(
  policy: Resource<TargetedSpec>,
  workloads: Workloads,
  rootNamespace: string,
): 'all' | 'none' | 'some' {
  const { metadata, spec } = policy;
  if (metadata.namespace !== workloads.namespace && metadata.namespace !== rootNamespace) return 'none';
  if (targetsOf(spec).length > 0) return 'none';
  const wanted = Object.entries(spec.selector?.matchLabels ?? {});
  const each = workloads.labels.map((labels) => {
    if (wanted.every(([key, value]) => labels[key] === value)) return 'all';
    const differs = ([key, value]: [string, string]) => (workloads.complete || key in labels) && labels[key] !== value;
    return wanted.some(differs) ? 'none' : 'some';
  });
  if (each.every((one) => one === 'all')) return 'all';
  return each.every((one) => one === 'none') ? 'none' : 'some';
}
