/** Routes that look at claims where no RequestAuthentication verifies a token (IST0149). */
import { claimPath } from '../compile/match.ts';
import { resolveGateway } from '../compile/names.ts';
import { selectsProxy, type TargetedSpec } from '../compile/policies/scope.ts';
import { NETWORKING, ofKind, SECURITY } from '../compile/select.ts';
import type { HttpMatchSpec, VirtualServiceSpec } from '../compile/spec.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function claimRoutes({ input }: Scene): Finding[] {
  const policies = ofKind<TargetedSpec>(input, SECURITY, 'RequestAuthentication');
  if (policies.some((policy) => selectsProxy(policy, input.identity))) return [];
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) => {
    const gateway = (virtualService.spec.gateways ?? []).find((name) => name !== 'mesh');
    if (gateway === undefined) return [];
    const named = resolveGateway(gateway, virtualService.metadata.namespace);
    const findings: Finding[] = [];
    for (const [rule, { match = [] }] of (virtualService.spec.http ?? []).entries()) {
      for (const [index, one] of match.entries()) {
        const key = claimIn(one);
        const place = about(virtualService, ['spec', 'http', rule, 'match', index]);
        if (key) findings.push(finding('ClaimWithoutAuthentication', { key, gateway: named }, place));
      }
    }
    return findings.slice(0, 1);
  });
}

const claimIn = ({ headers, withoutHeaders }: HttpMatchSpec): string | undefined =>
  Object.keys({ ...headers, ...withoutHeaders }).find((name) => claimPath(name) !== undefined);
