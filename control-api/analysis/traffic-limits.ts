/** Where sending from the edge differs from Envoy: bodies that are kept only so far, and a policy without its meaning. */
import { NETWORKING, ofKind } from '../compile/select.ts';
import type { DestinationRuleSpec, TrafficPolicySpec, VirtualServiceSpec } from '../compile/spec.ts';
import type { FieldPath } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function trafficLimits(scene: Scene): Finding[] {
  return [...bodiesSentOnce(scene), ...passthrough(scene)];
}

/** Once for each VirtualService, at the first field that asks for a body a second time. */
function bodiesSentOnce({ input }: Scene): Finding[] {
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) => {
    for (const [index, { mirror, mirrors, retries }] of (virtualService.spec.http ?? []).entries()) {
      const field = mirror ? 'mirror' : mirrors?.length ? 'mirrors' : retries?.attempts ? 'retries' : undefined;
      if (field) return [finding('BodySentOnce', {}, about(virtualService, ['spec', 'http', index, field]))];
    }
    return [];
  });
}

function passthrough({ input }: Scene): Finding[] {
  return ofKind<DestinationRuleSpec>(input, NETWORKING, 'DestinationRule').flatMap((rule) =>
    policiesOf(rule.spec)
      .filter(([, policy]) => policy?.loadBalancer?.simple === 'PASSTHROUGH')
      .map(([at]) => finding('PassthroughToNobody', {}, about(rule, ['spec', ...at, 'loadBalancer', 'simple']))),
  );
}

/** Every policy of a rule with where it stands: the rule's own, the subsets', and those of their ports. */
function policiesOf({ trafficPolicy, subsets = [] }: DestinationRuleSpec): [at: FieldPath, PortPolicy | undefined][] {
  const owners: [FieldPath, TrafficPolicySpec | undefined][] = [
    [['trafficPolicy'], trafficPolicy],
    ...subsets.map((subset, index): [FieldPath, TrafficPolicySpec | undefined] => [
      ['subsets', index, 'trafficPolicy'],
      subset.trafficPolicy,
    ]),
  ];
  return owners.flatMap(([at, policy]): [FieldPath, PortPolicy | undefined][] => [
    [at, policy],
    ...(policy?.portLevelSettings ?? []).map((one, index): [FieldPath, PortPolicy] => [
      [...at, 'portLevelSettings', index],
      one,
    ]),
  ]);
}

type PortPolicy = Pick<TrafficPolicySpec, 'loadBalancer'>;
