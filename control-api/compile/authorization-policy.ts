/** AuthorizationPolicies that select this gateway become RBAC filters, one for each action, as Istio builds them. */

import type { PhaseName } from '../../gateway/phase-names.ts';
import type { HttpFilter, Rbac } from '../../gateway/snapshot.ts';
import { policyPitfalls } from '../analysis/policies/authorization-policy.ts';
import type { Resource } from '../resources/resource.ts';
import type { AuthorizationPolicySpec } from '../resources/types.gen.ts';
import { addHttpFilters } from './http-filters.ts';
import { extAuthzFilters } from './policies/custom.ts';
import { type AuthorizationPolicy, rbacPolicies } from './policies/rbac-rules.ts';
import { placePolicies, splitByScope } from './policies/scope.ts';
import { trustDomainsOf } from './policies/trust-domains.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';

/** Istio's order; CUSTOM comes before all of them and is not an RBAC filter. */
const ACTIONS: [action: string, envoy: Rbac['action'], phase: PhaseName][] = [
  ['AUDIT', 'LOG', 'rbac-audit'],
  ['DENY', 'DENY', 'rbac-deny'],
  ['ALLOW', 'ALLOW', 'rbac-allow'],
];

export const authorizationPolicy: Processor = {
  name: 'authorization-policy',
  reason: 'after gateways, whose listeners it extends, and clusters, where external authorisers are',
  run(input: CompileInput, draft: Draft) {
    const { ours, others } = splitByScope<AuthorizationPolicySpec>(input, 'AuthorizationPolicy');
    draft.findings.push(...policyPitfalls(ours, others, input));
    const custom = ours.filter((policy) => actionOf(policy) === 'CUSTOM');
    addHttpFilters(draft, [...extAuthzFilters(custom, input, draft), ...rbacFilters(ours, trustDomainsOf(input))]);
    placePolicies(draft, ours as unknown as Resource[], others as unknown as Resource[]);
  },
};

export const actionOf = ({ spec }: AuthorizationPolicy): string => spec.action ?? 'ALLOW';

/** `istio.io/dry-run: "true"`: evaluated and logged, never enforced. */
export const isDryRun = ({ metadata }: AuthorizationPolicy): boolean =>
  /^(1|t|true)$/i.test(metadata.annotations['istio.io/dry-run'] ?? '');

/** For each action the enforced policies, and apart from them those on trial. */
export function rbacFilters(policies: readonly AuthorizationPolicy[], trustDomains: readonly string[]): HttpFilter[] {
  return ACTIONS.flatMap(([name, action, phase]) => {
    const mine = policies.filter((policy) => actionOf(policy) === name);
    return [false, true].flatMap((shadow): HttpFilter[] => {
      const chosen = mine
        .filter((policy) => isDryRun(policy) === shadow)
        .flatMap((policy) => rbacPolicies(policy, trustDomains));
      if (chosen.length === 0) return [];
      return [{ phase, config: { kind: 'rbac', action, policies: chosen, ...(shadow && { shadow }) } }];
    });
  });
}
