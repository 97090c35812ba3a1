/** CUSTOM policies: which requests are put to which external authoriser of the mesh configuration. */
import type { ExtAuthz, HttpFilter } from '../../../gateway/snapshot.ts';
import { about } from '../../analysis/about.ts';
import { finding } from '../../analysis/report.ts';
import { compare } from '../names.ts';
import type { CompileInput, Draft } from '../processor.ts';
import { type Authorizer, authorizers } from './extension-providers.ts';
import { type AuthorizationPolicy, rbacPolicies } from './rbac-rules.ts';
import { trustDomainsOf } from './trust-domains.ts';

/**
 * One filter for each provider, by name. Whatever is wrong with a provider denies the requests that its policies match;
 * several providers for one gateway are wrong too, as in Istio's default configuration.
 */
export function extAuthzFilters(
  custom: readonly AuthorizationPolicy[],
  input: CompileInput,
  draft: Draft,
): HttpFilter[] {
  const enforced = custom.filter(({ metadata }) => metadata.annotations['istio.io/dry-run'] !== 'true');
  const known = authorizers(input, draft);
  const groups = [...Map.groupBy(enforced, ({ spec }) => spec.provider?.name ?? '')];
  const several = groups.length > 1;
  return groups
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([name, policies]): HttpFilter[] => {
      const authorizer: Authorizer = several ? SEVERAL : (known.get(name) ?? UNKNOWN);
      report(name, policies, authorizer, draft);
      return authorizer.problem?.passes
        ? []
        : [{ phase: 'ext-authz', config: filter(policies, authorizer, trustDomainsOf(input)) }];
    });
}

const denied = (text: string): Authorizer => ({ problem: { message: 'UnknownAuthorizer', text, passes: false } });
const UNKNOWN = denied('is not in the mesh configuration');
const SEVERAL = denied('is one of several for this gateway, which Istio does not take');

function filter(
  policies: readonly AuthorizationPolicy[],
  { provider }: Authorizer,
  trustDomains: readonly string[],
): ExtAuthz {
  const first = policies[0]!.metadata;
  return {
    kind: 'ext_authz',
    policies: policies.flatMap((policy) => rbacPolicies(policy, trustDomains)),
    ...(provider && { provider }),
    policyName: `${first.namespace}/${first.name}`,
  };
}

function report(
  provider: string,
  policies: readonly AuthorizationPolicy[],
  { problem }: Authorizer,
  draft: Draft,
): void {
  if (!problem) return;
  const args = { provider, problem: problem.text, consequence: problem.text };
  for (const policy of policies) {
    draft.findings.push(finding(problem.message, args, about(policy, ['spec', 'provider', 'name'])));
  }
}
