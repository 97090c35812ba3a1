/** Policies that name the gateway's labels from a namespace where they cannot reach it. */
import { type TargetedSpec, targetsOf } from '../../compile/policies/scope.ts';
import type { ProxyIdentity } from '../../compile/processor.ts';
import { hasLabels } from '../../compile/select.ts';
import type { Resource } from '../../resources/resource.ts';
import { about } from '../about.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../report.ts';

export function misplaced(others: readonly Resource<TargetedSpec>[], identity: ProxyIdentity): Finding[] {
  return others
    .filter(({ spec, metadata }) => {
      const labels = spec.selector?.matchLabels ?? {};
      const elsewhere = ![identity.namespace, identity.rootNamespace].includes(metadata.namespace);
      return (
        elsewhere &&
        targetsOf(spec).length === 0 &&
        Object.keys(labels).length > 0 &&
        hasLabels(identity.labels, labels)
      );
    })
    .map((policy) => {
      const { namespace } = policy.metadata;
      const at = about(policy, ['metadata', 'namespace']);
      return finding('PolicyNotForGateway', { namespace, gateway: identity.namespace }, at);
    });
}
