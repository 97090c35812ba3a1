/** Where sending from the edge differs from Envoy: bodies that are kept only so far, and a policy without its meaning. */
import { NETWORKING, ofKind } from '../compile/select.ts';
import type { DestinationRuleSpec, VirtualServiceSpec } from '../compile/spec.ts';
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
    rule.spec.trafficPolicy?.loadBalancer?.simple === 'PASSTHROUGH'
      ? [finding('PassthroughAtRandom', {}, about(rule, ['spec', 'trafficPolicy', 'loadBalancer', 'simple']))]
      : [],
  );
}
