/** What the runtime does otherwise than Envoy, said once for each Gateway, and where a setting meets it. */
import { NETWORKING, ofKind } from '../compile/select.ts';
import type { GatewaySpec, VirtualServiceSpec } from '../compile/spec.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function platform({ input, compiled }: Scene): Finding[] {
  const [first] = ofKind<GatewaySpec>(input, NETWORKING, 'Gateway');
  if (first === undefined) return [];
  const findings = [finding('RuntimeRefusesRequests', {}, about(first)), finding('HostInLowerCase', {}, about(first))];
  if (compiled.snapshot.mesh.pathNormalization === 'NONE')
    findings.push(finding('DotSegmentsResolved', {}, about(first)));
  const byHeaders = ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').find(matchesHeaders);
  if (byHeaders !== undefined) findings.push(finding('RepeatedHeaderLines', {}, about(byHeaders)));
  return findings;
}

function matchesHeaders({ spec }: { spec: VirtualServiceSpec }): boolean {
  return (spec.http ?? []).some((route) => (route.match ?? []).some((match) => match.headers ?? match.withoutHeaders));
}
