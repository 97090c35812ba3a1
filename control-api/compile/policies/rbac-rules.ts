/** One AuthorizationPolicy → its rules as RBAC policies: `from` and its conditions, `to` and its conditions. */
import type { RbacPolicy, RbacRule, RbacTest } from '../../../gateway/snapshot.ts';
import type { Resource } from '../../resources/resource.ts';
import type { AuthorizationPolicySpec } from '../../resources/types.gen.ts';
import {
  blockValue,
  headerValue,
  hostValue,
  metadataValue,
  namespaceValue,
  pathValue,
  peerValue,
  portValue,
  rbacTest,
  requestPrincipalValue,
  serviceAccountValue,
  stringValue,
  trustDomainValue,
} from './rbac-values.ts';
import { allNames, trustDomainsOf, underAllNames } from './trust-domains.ts';

export type AuthorizationPolicy = Resource<AuthorizationPolicySpec>;
type RuleSpec = NonNullable<AuthorizationPolicySpec['rules']>[number];
type SourceSpec = NonNullable<NonNullable<RuleSpec['from']>[number]['source']>;
type OperationSpec = NonNullable<NonNullable<RuleSpec['to']>[number]['operation']>;
export type ConditionSpec = NonNullable<RuleSpec['when']>[number];

const NEVER: RbacRule = { tests: [{ attribute: 'any', values: [{ kind: 'never' }], notValues: [] }] };

/** What a policy's values mean depends on these. */
interface Context {
  namespace: string;
  /** The mesh's trust domain and its aliases. */
  trustDomains: readonly string[];
}

/** Without rules a policy matches nothing: an ALLOW then allows nobody (captured: empty-spec-denies). */
export function rbacPolicies(
  { metadata, spec }: AuthorizationPolicy,
  trustDomains: readonly string[] = trustDomainsOf({ mesh: {} }),
): RbacPolicy[] {
  const name = (index: number) => `ns[${metadata.namespace}]-policy[${metadata.name}]-rule[${index}]`;
  const rules = spec.rules ?? [];
  if (rules.length === 0) return [{ name: name(0), permissions: [NEVER], principals: [] }];
  const context = { namespace: metadata.namespace, trustDomains };
  const known = rules.map((rule) => readable(rule, spec.action ?? 'ALLOW'));
  return known.map((rule, index) => ({
    name: name(index),
    ...(rule ? rbacRule(rule, context) : { permissions: [NEVER], principals: [] }),
  }));
}

/**
 * Keys that Istio's webhook accepts for how they begin and its gateway cannot read: an ALLOW rule with one holds for nobody
 * (undefined), any other loses the condition.
 */
function readable(rule: RuleSpec, action: string): RuleSpec | undefined {
  const when = rule.when?.filter(({ key }) => !/^request\.(headers|auth\.claims)[^[]/.test(key));
  if (when?.length === rule.when?.length) return rule;
  return action === 'ALLOW' ? undefined : { ...rule, ...(when && { when }) };
}

function rbacRule(rule: RuleSpec, context: Context): Omit<RbacPolicy, 'name'> {
  const conditions = (rule.when ?? []).map((when) => conditionTest(when, context));
  const permissionTests = conditions.flatMap(({ side, tests }) => (side === 'permission' ? tests : []));
  const principalTests = conditions.flatMap(({ side, tests }) => (side === 'principal' ? tests : []));
  return {
    permissions: side(
      (rule.to ?? []).map(({ operation }) => operationTests(operation ?? {})),
      permissionTests,
    ),
    principals: side(
      (rule.from ?? []).map(({ source }) => sourceTests(source ?? {}, context)),
      principalTests,
    ),
  };
}

/** Every alternative with the conditions; the conditions alone where there is no alternative. */
function side(alternatives: RbacTest[][], conditions: RbacTest[]): RbacRule[] {
  if (alternatives.length === 0) return conditions.length > 0 ? [{ tests: conditions }] : [];
  const rules = alternatives.map((tests) => ({ tests: [...tests, ...conditions] }));
  return rules.some(({ tests }) => tests.length === 0) ? [] : rules;
}

function operationTests(operation: OperationSpec): RbacTest[] {
  return [
    ...rbacTest('host', operation.hosts, operation.notHosts, hostValue),
    ...rbacTest('method', operation.methods, operation.notMethods, headerValue),
    ...rbacTest('path', operation.paths, operation.notPaths, pathValue),
    ...rbacTest('port', operation.ports, operation.notPorts, portValue),
  ];
}

function sourceTests(source: SourceSpec, context: Context): RbacTest[] {
  const peers = (values?: string[]) => values?.flatMap((value) => underAllNames(value, context.trustDomains));
  const domains = (values?: string[]) => values?.flatMap((value) => allNames(value, context.trustDomains));
  const account = (value: string) => serviceAccountValue(value, context.namespace);
  return [
    ...rbacTest('source.principal', peers(source.principals), peers(source.notPrincipals), peerValue),
    ...rbacTest('request.auth.principal', source.requestPrincipals, source.notRequestPrincipals, requestPrincipalValue),
    ...rbacTest('source.principal', source.namespaces, source.notNamespaces, namespaceValue),
    ...rbacTest('source.principal', source.serviceAccounts, source.notServiceAccounts, account),
    ...rbacTest('source.principal', domains(source.trustDomains), domains(source.notTrustDomains), trustDomainValue),
    ...rbacTest('remote.ip', source.remoteIpBlocks, source.notRemoteIpBlocks, blockValue),
    ...rbacTest('source.ip', source.ipBlocks, source.notIpBlocks, blockValue),
  ];
}

interface Condition {
  side: 'permission' | 'principal';
  tests: RbacTest[];
}

/** Istio's table of `when` keys: what each asks, and on which side of a rule it stands. */
const CONDITIONS: Record<string, [Condition['side'], attribute: string, convert: Parameters<typeof rbacTest>[3]]> = {
  'destination.ip': ['permission', 'destination.ip', blockValue],
  'destination.port': ['permission', 'port', portValue],
  'connection.sni': ['permission', 'connection.sni', stringValue],
  'source.ip': ['principal', 'source.ip', blockValue],
  'remote.ip': ['principal', 'remote.ip', blockValue],
  'source.namespace': ['principal', 'source.principal', namespaceValue],
  'request.auth.principal': ['principal', 'request.auth.principal', requestPrincipalValue],
  'request.auth.audiences': ['principal', 'request.auth.claims[aud]', stringValue],
  'request.auth.presenter': ['principal', 'request.auth.claims[azp]', stringValue],
};

/** Keys that ask what a list of a source asks. */
const SOURCES: Record<string, [field: keyof SourceSpec, notField: keyof SourceSpec]> = {
  'source.principal': ['principals', 'notPrincipals'],
  'source.serviceAccount': ['serviceAccounts', 'notServiceAccounts'],
  'source.trustDomain': ['trustDomains', 'notTrustDomains'],
};

function conditionTest({ key, values = [], notValues = [] }: ConditionSpec, context: Context): Condition {
  const source = SOURCES[key];
  if (source)
    return { side: 'principal', tests: sourceTests({ [source[0]]: values, [source[1]]: notValues }, context) };
  const known = CONDITIONS[key];
  if (known) return { side: known[0], tests: rbacTest(known[1], values, notValues, known[2]) };
  if (key.startsWith('request.headers')) {
    return { side: 'principal', tests: rbacTest(key, values, notValues, headerValue) };
  }
  if (key.startsWith('experimental.envoy.filters.')) {
    return { side: 'permission', tests: rbacTest(key, values, notValues, metadataValue) };
  }
  return { side: 'principal', tests: rbacTest(key, values, notValues, stringValue) };
}
