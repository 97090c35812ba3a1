/** What bites people about AuthorizationPolicies. */
import type { AuthorizationPolicy } from '../../compile/policies/rbac-rules.ts';
import type { CompileInput } from '../../compile/processor.ts';
import type { FieldPath } from '../../resources/resource.ts';
import { about } from '../about.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../report.ts';
import { alternativesAllowAlone } from './alternatives.ts';
import { misplaced } from './misplaced.ts';

/** @param ours those that hold at this gateway; @param others those of other workloads. */
export function policyPitfalls(
  ours: readonly AuthorizationPolicy[],
  others: readonly AuthorizationPolicy[],
  input: CompileInput,
): Finding[] {
  return [
    ...[...ours, ...others].flatMap((policy) => [
      ...alternativesAllowAlone(policy),
      ...denyWithoutPort(policy),
      ...literalStars(policy),
      ...lowerCaseMethods(policy),
    ]),
    ...ours.flatMap(unknownAtEdge),
    ...misplaced(others, input.identity),
  ];
}

interface Listed {
  value: string;
  /** All values of the same list. */
  among: readonly string[];
  path: FieldPath;
}

/** The values of one operation field over all rules. */
function* operations(
  { spec }: AuthorizationPolicy,
  ...fields: ('hosts' | 'methods' | 'paths' | 'notPaths')[]
): Generator<Listed> {
  for (const [rule, { to = [] }] of (spec.rules ?? []).entries()) {
    for (const [index, { operation }] of to.entries()) {
      for (const field of fields) {
        const among = operation?.[field] ?? [];
        for (const [at, value] of among.entries()) {
          yield { value, among, path: ['spec', 'rules', rule, 'to', index, 'operation', field, at] };
        }
      }
    }
  }
}

/** Captured: authz/hosts, a DENY of `a` lets `a:80` pass. */
function denyWithoutPort(policy: AuthorizationPolicy): Finding[] {
  if (policy.spec.action !== 'DENY') return [];
  return [...operations(policy, 'hosts')]
    .filter(({ value, among }) => !/[*]$|:\d+$/.test(value) && !among.includes(`${value}:*`))
    .map(({ value, path }) => finding('DenyWithoutPort', { host: value }, about(policy, path)));
}

function literalStars(policy: AuthorizationPolicy): Finding[] {
  return [...operations(policy, 'paths', 'notPaths'), ...conditionValues(policy)]
    .filter(({ value }) => inner(value).includes('*'))
    .map(({ value, path }) => {
      const instead = path.includes('operation') ? '`{*}` for one segment or `{**}` for many' : 'several values';
      return finding('StarIsLiteral', { value, instead }, about(policy, path));
    });
}

/** The value without templates and without the one wildcard that counts: a leading star before a trailing one. */
function inner(value: string): string {
  const plain = value.replaceAll('{**}', '').replaceAll('{*}', '');
  return plain.startsWith('*') ? plain.slice(1) : plain.replace(/\*$/, '');
}

function* conditionValues({ spec }: AuthorizationPolicy): Generator<Listed> {
  for (const [rule, { when = [] }] of (spec.rules ?? []).entries()) {
    for (const [index, { values = [] }] of when.entries()) {
      for (const [at, value] of values.entries()) {
        yield { value, among: values, path: ['spec', 'rules', rule, 'when', index, 'values', at] };
      }
    }
  }
}

function lowerCaseMethods(policy: AuthorizationPolicy): Finding[] {
  return [...operations(policy, 'methods')]
    .filter(({ value }) => value !== value.toUpperCase())
    .map(({ value, path }) =>
      finding('LowerCaseMethod', { method: value, instead: value.toUpperCase() }, about(policy, path)),
    );
}

/** The address a request was sent to is the platform's, not a pod's. */
function unknownAtEdge(policy: AuthorizationPolicy): Finding[] {
  return (policy.spec.rules ?? []).flatMap(({ when = [] }, rule) =>
    when.flatMap(({ key }, index) =>
      key === 'destination.ip'
        ? [finding('UnknownAtEdge', { attribute: key }, about(policy, ['spec', 'rules', rule, 'when', index, 'key']))]
        : [],
    ),
  );
}
