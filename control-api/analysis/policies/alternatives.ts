/** `- from` and `- to` as two entries of `rules`: one dash too many turns "and" into "or". */
import type { AuthorizationPolicy } from '../../compile/policies/rbac-rules.ts';
import { about } from '../about.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../report.ts';

/** A rule with sources only, directly before or after one with operations only, in an ALLOW policy. */
export function alternativesAllowAlone(policy: AuthorizationPolicy): Finding[] {
  const rules = policy.spec.rules ?? [];
  if ((policy.spec.action ?? 'ALLOW') !== 'ALLOW') return [];
  return rules.flatMap((rule, first) => {
    const second = first + 1;
    const next = rules[second];
    const split = (only(rule, 'from') && only(next, 'to')) || (only(rule, 'to') && only(next, 'from'));
    return split
      ? [finding('AlternativesAllowAlone', { first, second }, about(policy, ['spec', 'rules', second]))]
      : [];
  });
}

type Rule = NonNullable<AuthorizationPolicy['spec']['rules']>[number];

function only(rule: Rule | undefined, field: 'from' | 'to'): boolean {
  if (!rule || rule.when?.length) return false;
  const other = field === 'from' ? rule.to : rule.from;
  return Boolean(rule[field]?.length) && !other?.length;
}
