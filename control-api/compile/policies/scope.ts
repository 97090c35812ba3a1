/** Which security policies hold at this gateway, and who carries out the others. */
import { describe, type Resource } from '../../resources/resource.ts';
import type { CompileInput, Draft, ProxyIdentity } from '../processor.ts';
import { hasLabels, ofKind, SECURITY } from '../select.ts';

/** The parts that every security policy has for saying whom it is about. */
export interface TargetedSpec {
  selector?: { matchLabels?: Record<string, string> };
  targetRef?: TargetRef;
  targetRefs?: TargetRef[];
}
export interface TargetRef {
  group?: string;
  kind: string;
  name: string;
}

const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';

/** Of one kind, oldest first: those that hold here, and those that are about other workloads. */
export function splitByScope<Spec extends TargetedSpec>(
  input: CompileInput,
  kind: string,
  group = SECURITY,
): { ours: Resource<Spec>[]; others: Resource<Spec>[] } {
  const all = ofKind<Spec>(input, group, kind);
  const ours = all.filter((policy) => selectsProxy(policy, input.identity));
  const taken = new Set(ours);
  return { ours, others: all.filter((policy) => !taken.has(policy)) };
}

/** The gateway's own namespace and the root namespace count; no selector is everybody there (captured: jwt/policy-scopes). */
export function selectsProxy(
  { metadata, spec }: Pick<Resource<TargetedSpec>, 'metadata' | 'spec'>,
  identity: ProxyIdentity,
): boolean {
  if (metadata.namespace !== identity.namespace && metadata.namespace !== identity.rootNamespace) return false;
  const refs = targetsOf(spec);
  if (refs.length === 0) return hasLabels(identity.labels, spec.selector?.matchLabels);
  return refs.some(({ kind, name }) => kind === 'Gateway' && identity.labels[GATEWAY_NAME] === name);
}

export function targetsOf({ targetRef, targetRefs }: TargetedSpec): TargetRef[] {
  return [...(targetRef ? [targetRef] : []), ...(targetRefs ?? [])];
}

/** Says for each policy where it is carried out. */
export function placePolicies(draft: Draft, ours: readonly Resource[], others: readonly Resource[]): void {
  for (const policy of ours) {
    draft.placements.push({ resource: describe(policy), where: 'edge', reason: 'it selects this gateway' });
  }
  for (const policy of others) {
    draft.placements.push({ resource: describe(policy), where: 'cluster', reason: whoEnforces(policy) });
  }
}

function whoEnforces({ metadata, spec }: Resource): string {
  const targeted = spec as TargetedSpec;
  const labels = Object.entries(targeted.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const refs = targetsOf(targeted).map(({ kind, name }) => `${kind} ${name}`);
  if (refs.length > 0) return `the proxies of ${refs.join(', ')} enforce it`;
  const where = `of namespace ${metadata.namespace}`;
  return labels.length > 0
    ? `the sidecars of ${labels.join(',')} ${where} enforce it`
    : `the sidecars ${where} enforce it`;
}
