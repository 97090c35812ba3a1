/** Whom a policy, plugin or telemetry is about: its selector or its targets, as Istio's webhook judges them. */
import type { Issues } from './issues.ts';

interface Target {
  group?: string;
  kind?: string;
  name?: string;
  namespace?: string;
}
interface Selected {
  selector?: { matchLabels?: Record<string, string> };
  targetRef?: Target;
  targetRefs?: Target[];
}

export function validateSelector({ selector, targetRef, targetRefs = [] }: Selected, issues: Issues): void {
  const ways = [selector, targetRef, targetRefs.length > 0].filter(Boolean);
  if (ways.length > 1) issues.error('only one of targetRefs or workloadSelector can be set');
  if (selector) validateLabels(selector, issues.at('selector'));
  if (targetRef) issues.at('targetRef').check(...targetProblems(targetRef));
  issues.each(['targetRefs'], targetRefs, (target, at) => at.check(...targetProblems(target)));
}

/** A selector without targets, as ProxyConfig and PeerAuthentication have it. */
export function validateLabels({ matchLabels = {} }: { matchLabels?: Record<string, string> }, issues: Issues): void {
  issues.check(...labelProblems(matchLabels));
  if (Object.keys(matchLabels).length === 0) issues.warn('workload selector specified without labels');
}

/** What is wrong with the labels that workloads are selected by. */
export function labelProblems(labels: Record<string, string> = {}): string[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const text = JSON.stringify(`${key}=${value}`);
    return [
      ...(key === '' ? [`empty key is not supported in selector: ${text}`] : []),
      ...(`${key}${value}`.includes('*') ? [`wildcard is not supported in selector: ${text}`] : []),
    ];
  });
}

const TARGETS: readonly { group: string; kind: string; name: string }[] = [
  { group: 'core', kind: 'Service', name: 'core/v1/Service' },
  { group: 'networking.istio.io', kind: 'ServiceEntry', name: 'networking.istio.io/v1/ServiceEntry' },
  { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gateway.networking.k8s.io/v1/Gateway' },
  { group: 'gateway.networking.k8s.io', kind: 'GatewayClass', name: 'gateway.networking.k8s.io/v1/GatewayClass' },
];

function targetProblems({ group = '', kind = '', name, namespace }: Target): string[] {
  const allowed = TARGETS.some((one) => one.kind === kind && one.group === (group || 'core'));
  return [
    ...(name ? [] : ['targetRef name must be set']),
    ...(namespace ? ['targetRef namespace must not be set; cross namespace referencing is not supported'] : []),
    ...(allowed
      ? []
      : [`targetRef must be to one of [${TARGETS.map((one) => one.name).join(' ')}] but was ${group}/${kind}`]),
  ];
}
