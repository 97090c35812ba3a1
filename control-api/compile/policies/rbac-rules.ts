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
} from './rbac-values.ts';

export type AuthorizationPolicy = Resource<AuthorizationPolicySpec>;
type RuleSpec = NonNullable<AuthorizationPolicySpec['rules']>[number];
type SourceSpec = NonNullable<NonNullable<RuleSpec['from']>[number]['source']>;
type OperationSpec = NonNullable<NonNullable<RuleSpec['to']>[number]['operation']>;
export type ConditionSpec = NonNullable<RuleSpec['when']>[number];

const NEVER: RbacRule = { tests: [{ attribute: 'any', values: [{ kind: 'never' }], notValues: [] }] };

/** Without rules a policy matches nothing: an ALLOW then allows nobody (captured: empty-spec-denies). */
export function rbacPolicies({ metadata, spec }: AuthorizationPolicy): RbacPolicy[] {
  const name = (index: number) => `ns[${metadata.namespace}]-policy[${metadata.name}]-rule[${index}]`;
  const rules = spec.rules ?? [];
  if (rules.length === 0) return [{ name: name(0), permissions: [NEVER], principals: [] }];
  return rules.map((rule, index) => ({ name: name(index), ...rbacRule(rule, metadata.namespace) }));
}

function rbacRule(rule: RuleSpec, namespace: string): Omit<RbacPolicy, 'name'> {
  const conditions = (rule.when ?? []).map((when) => conditionTest(when));
  const permissionTests = conditions.flatMap(({ side, tests }) => (side === 'permission' ? tests : []));
  const principalTests = conditions.flatMap(({ side, tests }) => (side === 'principal' ? tests : []));
  return {
    permissions: side(
      (rule.to ?? []).map(({ operation }) => operationTests(operation ?? {})),
      permissionTests,
    ),
    principals: side(
      (rule.from ?? []).map(({ source }) => sourceTests(source ?? {}, namespace)),
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

function sourceTests(source: SourceSpec, namespace: string): RbacTest[] {
  const account = (value: string) => serviceAccountValue(value, namespace);
  return [
    ...rbacTest('source.principal', source.principals, source.notPrincipals, peerValue),
    ...rbacTest('request.auth.principal', source.requestPrincipals, source.notRequestPrincipals, requestPrincipalValue),
    ...rbacTest('source.principal', source.namespaces, source.notNamespaces, namespaceValue),
    ...rbacTest('source.principal', source.serviceAccounts, source.notServiceAccounts, account),
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
  'source.principal': ['principal', 'source.principal', peerValue],
  'request.auth.principal': ['principal', 'request.auth.principal', requestPrincipalValue],
  'request.auth.audiences': ['principal', 'request.auth.claims[aud]', stringValue],
  'request.auth.presenter': ['principal', 'request.auth.claims[azp]', stringValue],
};

function conditionTest({ key, values, notValues }: ConditionSpec): Condition {
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
