/** What bites people about RequestAuthentications. */

import type { JwtRuleSpec } from '../../compile/policies/jwt-rules.ts';
import { isClusterName, keysCluster, keysUrl } from '../../compile/policies/keys-cluster.ts';
import type { CompileInput, Draft } from '../../compile/processor.ts';
import { hasLabels, ofKind, SECURITY } from '../../compile/select.ts';
import type { Resource } from '../../resources/resource.ts';
import type { AuthorizationPolicySpec, RequestAuthenticationSpec } from '../../resources/types.gen.ts';
import { about } from '../about.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../report.ts';
import { readKeySetFindings } from './key-set.ts';
import { misplaced } from './misplaced.ts';

type Policy = Resource<RequestAuthenticationSpec>;

/** @param ours those that hold at this gateway; @param others those of other workloads. */
export function tokenPitfalls(
  ours: readonly Policy[],
  others: readonly Policy[],
  input: CompileInput,
  draft: Draft,
): Finding[] {
  return [
    ...ours.filter((policy) => !someoneDemandsTokens(policy, input)).map(optional),
    ...[...ours, ...others].flatMap(rulePitfalls),
    ...ours.flatMap((policy) => outOfReach(policy, draft)),
    ...misplaced(others, input.identity),
  ];
}

function optional(policy: Policy): Finding {
  return finding('TokensAreOptional', {}, about(policy));
}

/** Whether an AuthorizationPolicy or a claim route asks for what only a token gives. */
function someoneDemandsTokens(policy: Policy, input: CompileInput): boolean {
  const labels = policy.spec.selector?.matchLabels ?? {};
  const demanding = ofKind<AuthorizationPolicySpec>(input, SECURITY, 'AuthorizationPolicy').some(
    ({ spec, metadata }) =>
      metadata.namespace === policy.metadata.namespace &&
      hasLabels(input.identity.labels, { ...labels, ...spec.selector?.matchLabels }) &&
      /"(not)?[rR]equestPrincipals"|"request\.auth\./.test(JSON.stringify(spec)),
  );
  return demanding || input.resources.some(({ kind, spec }) => kind === 'VirtualService' && routesByClaim(spec));
}

function routesByClaim(spec: unknown): boolean {
  return JSON.stringify(spec).includes('@request.auth.claims');
}

function rulePitfalls(policy: Policy): Finding[] {
  return (policy.spec.jwtRules ?? []).flatMap((rule, index) => {
    const at = (field: string) => about(policy, ['spec', 'jwtRules', index, field]);
    return [...withoutTls(rule, at), ...readKeySetFindings(rule, at('jwks'))];
  });
}

function withoutTls({ issuer = '', jwks, jwksUri }: JwtRuleSpec, at: (field: string) => object): Finding[] {
  if (jwks) return [];
  const uri = jwksUri ?? issuer;
  return uri.startsWith('http:')
    ? [finding('KeysWithoutTls', { issuer, uri }, at(jwksUri ? 'jwksUri' : 'issuer'))]
    : [];
}

function outOfReach(policy: Policy, draft: Draft): Finding[] {
  return (policy.spec.jwtRules ?? []).flatMap((rule, index) => {
    const url = keysUrl(rule);
    if (!url || !isClusterName(url.hostname) || keysCluster(rule, draft)) return [];
    const args = { issuer: rule.issuer ?? '', uri: url.href };
    return [finding('KeysOutOfReach', args, about(policy, ['spec', 'jwtRules', index, 'jwksUri']))];
  });
}
