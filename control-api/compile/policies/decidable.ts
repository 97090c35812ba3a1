/**
 * A workload's rules, cut down to what the edge can decide for its sidecar. A DENY must not refuse what the sidecar might
 * let pass, and an ALLOW must not either: so a DENY that hangs on something unknown is left out, and a condition of an
 * ALLOW that is unknown counts as fulfilled.
 */
import type { RbacPolicy, RbacRule, RbacTest } from '../../../gateway/snapshot.ts';

export interface Known {
  /** The port of the workloads, where there is one. */
  port: number | undefined;
  /** Whether tokens are checked early, too. */
  tokens: boolean;
}

/** What comes of a test here: it holds, it does not, it can be asked, or only the sidecar knows. */
type Outcome = true | false | 'ask' | 'unknown';

/** Headers that change between here and the sidecar. */
const CHANGED_ON_THE_WAY =
  /^request\.headers\[(:scheme|forwarded|via|x-forwarded-.*|x-envoy-.*|x-request-id|x-b3-.*|b3|trace.*)\]$/i;

function outcome(test: RbacTest, known: Known): Outcome {
  const { attribute } = test;
  if (attribute === 'port') return portOutcome(test, known.port);
  if (['host', 'method', 'path', 'any'].includes(attribute)) return 'ask';
  if (attribute.startsWith('request.headers[')) return CHANGED_ON_THE_WAY.test(attribute) ? 'unknown' : 'ask';
  if (attribute.startsWith('request.auth.')) return known.tokens ? 'ask' : 'unknown';
  return 'unknown';
}

function portOutcome({ values, notValues }: RbacTest, port: number | undefined): Outcome {
  if (port === undefined) return 'unknown';
  const named = (list: RbacTest['values']) => list.some((value) => value.kind === 'port' && value.value === port);
  return (values.length === 0 || named(values)) && !named(notValues);
}

/** undefined: nothing of it can be decided here. `complete`: all of it is. */
export function decidable(
  policy: RbacPolicy,
  action: 'ALLOW' | 'DENY',
  known: Known,
): { policy: RbacPolicy | undefined; complete: boolean } {
  const tests = [...policy.permissions, ...policy.principals].flatMap((rule) => rule.tests);
  const complete = tests.every((test) => outcome(test, known) !== 'unknown');
  const permissions = side(policy.permissions, action, known);
  const principals = side(policy.principals, action, known);
  return { complete, policy: permissions && principals && { ...policy, permissions, principals } };
}

/** undefined: this side never holds, as far as can be said for sure. */
function side(rules: readonly RbacRule[], action: 'ALLOW' | 'DENY', known: Known): RbacRule[] | undefined {
  if (rules.length === 0) return [];
  const kept: RbacRule[] = [];
  for (const { tests } of rules) {
    const outcomes = tests.map((test) => outcome(test, known));
    if (outcomes.includes(false) || (action === 'DENY' && outcomes.includes('unknown'))) continue;
    const asked = tests.filter((_, index) => outcomes[index] === 'ask');
    if (asked.length === 0) return [];
    kept.push({ tests: asked });
  }
  return kept.length > 0 ? kept : undefined;
}
