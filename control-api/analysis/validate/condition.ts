/** A `when` of an AuthorizationPolicy, as Istio's webhook judges it. */
import type { AuthorizationPolicySpec } from '../../resources/types.gen.ts';
import { ipProblem, portProblem, serviceAccountsProblem, valuesProblem, wildcardsProblem } from './attribute.ts';
import type { Issues } from './issues.ts';

type Condition = NonNullable<NonNullable<AuthorizationPolicySpec['rules']>[number]['when']>[number];
type Values = readonly string[];

export function validateCondition({ key = '', values = [], notValues = [] }: Condition, issues: Issues): void {
  if (key === '') {
    issues.at('key').error('`key` must not be empty');
    return;
  }
  if (values.length === 0 && notValues.length === 0) {
    issues.error(`at least one of \`values\` or \`notValues\` must be set for key ${key}`);
    return;
  }
  for (const [field, list] of [
    ['value', values],
    ['notValue', notValues],
  ] as const) {
    const problem = valuesProblem(key, list) ?? attributeProblem(key, list);
    if (problem) issues.at(`${field}s`).error(`invalid \`${field}\` for \`key\` ${key}: ${problem}`);
  }
}

const fine = (): undefined => undefined;
const ips = (_: string, values: Values) => several(values.flatMap((value) => ipProblem(value) ?? []));
const ports = (_: string, values: Values) => several(values.flatMap((value) => portProblem(value) ?? []));

const ATTRIBUTES: Readonly<Record<string, (key: string, values: Values) => string | undefined>> = {
  'source.ip': ips,
  'remote.ip': ips,
  'destination.ip': ips,
  'destination.port': ports,
  'source.serviceAccount': serviceAccountsProblem,
  'source.trustDomain': wildcardsProblem,
  'source.namespace': fine,
  'source.principal': fine,
  'request.auth.principal': fine,
  'request.auth.audiences': fine,
  'request.auth.presenter': fine,
  'connection.sni': fine,
};
const KEYED = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.'];

function attributeProblem(key: string, values: Values): string | undefined {
  if (Object.hasOwn(ATTRIBUTES, key)) return ATTRIBUTES[key]!(key, values);
  if (KEYED.some((prefix) => key.startsWith(prefix))) return bracketsProblem(key);
  if (key === 'destination.namespace') return `attribute ${key} is replaced by the metadata.namespace`;
  if (key.startsWith('destination.labels')) return `attribute ${key} is replaced by the workload selector`;
  if (key === 'destination.name' || key === 'destination.user')
    return `deprecated attribute ${key}: only supported in v1alpha1`;
  return `unknown attribute: ${key}`;
}

function bracketsProblem(key: string): string | undefined {
  const open = key.indexOf('[');
  const isKeyed = key.endsWith(']') && open > 0 && open < key.length - 2;
  return isKeyed ? undefined : `bad key (${key}): should have format a[b]`;
}

/** As Go's multierror words them. */
function several(problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined;
  const lines = problems.map((problem) => `\t* ${problem}\n`).join('');
  return `${problems.length} error${problems.length > 1 ? 's' : ''} occurred:\n${lines}\n`;
}
