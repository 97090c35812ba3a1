/** AuthorizationPolicy, as Istio's webhook judges it. */
import ipaddr from 'ipaddr.js';
import type { AuthorizationPolicySpec } from '../../resources/types.gen.ts';
import type { Issues } from './issues.ts';
import { pathTemplateProblem } from './path-template.ts';
import { validateSelector } from './selector.ts';

type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number];
type Source = NonNullable<NonNullable<Rule['from']>[number]['source']>;
type Operation = NonNullable<NonNullable<Rule['to']>[number]['operation']>;
type Condition = NonNullable<Rule['when']>[number];

export function validateAuthorizationPolicy(spec: AuthorizationPolicySpec, issues: Issues): void {
  validateSelector(spec, issues);
  validateAction(spec, issues);
  issues.each(['rules'], spec.rules, validateRule);
}

function validateAction({ action = 'ALLOW', provider, rules }: AuthorizationPolicySpec, issues: Issues): void {
  if (action === 'CUSTOM') {
    if (!rules) issues.error('CUSTOM action without `rules` is meaningless as it will never be triggered');
    if (!provider?.name) issues.at('provider').error('`provider.name` must not be empty');
    return;
  }
  if (provider) issues.at('provider').error(`\`provider\` must not be with non CUSTOM action, found ${action}`);
  if (action === 'DENY' && !rules)
    issues.error('DENY action without `rules` is meaningless as it will never be triggered');
}

function validateRule({ from, to, when }: Rule, issues: Issues, index: number): void {
  if (from && from.length === 0) issues.error(`\`from\` must not be empty, found at rule ${index}`);
  if (to && to.length === 0) issues.error(`\`to\` must not be empty, found at rule ${index}`);
  issues.each(['from'], from, ({ source }, at) => validateSource(source, at.at('source'), index));
  issues.each(['to'], to, ({ operation }, at) => validateOperation(operation, at.at('operation'), index));
  issues.each(['when'], when, validateCondition);
}

const isEmpty = (object: object) => Object.values(object).every((list) => !list || (list as unknown[]).length === 0);

function validateSource(source: Source | undefined, issues: Issues, rule: number): void {
  if (!source) {
    issues.error(`\`from.source\` must not be nil, found at rule ${rule}`);
    return;
  }
  if (isEmpty(source)) issues.error(`\`from.source\` must not be empty, found at rule ${rule}`);
  const accounts = [...(source.serviceAccounts ?? []), ...(source.notServiceAccounts ?? [])];
  const others = [source.principals, source.notPrincipals, source.namespaces, source.notNamespaces].some(
    (list) => (list?.length ?? 0) > 0,
  );
  if (accounts.length > 0 && others)
    issues.error(`cannot set serviceAccounts with namespaces or principals, found at rule ${rule}`);
  for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const) {
    issues.each([field], source[field], (block, at) => at.check(ipProblem(block)));
  }
}

function validateOperation(operation: Operation | undefined, issues: Issues, rule: number): void {
  if (!operation) {
    issues.error(`\`to.operation\` must not be nil, found at rule ${rule}`);
    return;
  }
  if (isEmpty(operation)) issues.error(`\`to.operation\` must not be empty, found at rule ${rule}`);
  for (const field of ['ports', 'notPorts'] as const) {
    issues.each([field], operation[field], (value, at) => at.check(portProblem(value)));
  }
  for (const field of ['paths', 'notPaths'] as const) {
    const name = field === 'paths' ? 'Paths' : 'NotPaths';
    issues.each([field], operation[field], (path, at) => at.check(pathTemplateProblem(path, name)));
  }
}

function portProblem(value: string): string | undefined {
  if (!/^\d+$/.test(value))
    return `bad port (${value}): strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`;
  return Number(value) <= 65535
    ? undefined
    : `bad port (${value}): strconv.ParseUint: parsing ${JSON.stringify(value)}: value out of range`;
}

/** An address or CIDR in full; Istio takes no short forms. */
function ipProblem(value: string): string | undefined {
  const isFull = value.includes(':') || /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(value);
  const isValid = value.includes('/') ? ipaddr.isValidCIDR(value) : ipaddr.isValid(value);
  if (isFull && isValid) return undefined;
  return value.includes('/')
    ? `bad CIDR range (${value}): invalid CIDR address: ${value}`
    : `bad IP address (${value})`;
}

/** Attributes a condition may name, and whether they take a `[key]`. */
const ATTRIBUTES: Record<string, boolean> = {
  'request.headers': true,
  'request.auth.claims': true,
  'request.auth.principal': false,
  'request.auth.audiences': false,
  'request.auth.presenter': false,
  'source.ip': false,
  'remote.ip': false,
  'source.namespace': false,
  'source.serviceAccount': false,
  'source.principal': false,
  'destination.ip': false,
  'destination.port': false,
  'connection.sni': false,
  'experimental.envoy.filters': true,
};

function validateCondition({ key = '', values = [], notValues = [] }: Condition, issues: Issues): void {
  if (key === '') {
    issues.at('key').error('`key` must not be empty');
    return;
  }
  if (values.length === 0 && notValues.length === 0) {
    issues.error(`at least one of \`values\` or \`notValues\` must be set for key ${key}`);
  }
  for (const [field, list] of [
    ['value', values],
    ['notValue', notValues],
  ] as const) {
    const problem = keyProblem(key) ?? valueProblems(key, list);
    if (problem) issues.at(`${field}s`).error(`invalid \`${field}\` for \`key\` ${key}: ${problem}`);
  }
}

function keyProblem(key: string): string | undefined {
  const name = Object.keys(ATTRIBUTES).find(
    (attribute) => key === attribute || key.startsWith(`${attribute}[`) || key.startsWith(`${attribute}.`),
  );
  if (!name) return `unknown attribute: ${key}`;
  if (!ATTRIBUTES[name]) return key === name ? undefined : `unknown attribute: ${key}`;
  const isKeyed = name === 'experimental.envoy.filters' || /^(\[[^[\]]+\])+$/.test(key.slice(name.length));
  return isKeyed ? undefined : `bad key (${key}): should have format a[b]`;
}

function valueProblems(key: string, values: readonly string[]): string | undefined {
  const check = ['source.ip', 'remote.ip', 'destination.ip'].includes(key)
    ? ipProblem
    : key === 'destination.port'
      ? portProblem
      : () => undefined;
  const problems = values.flatMap((value) => check(value) ?? []);
  if (problems.length === 0) return undefined;
  return `${problems.length} error${problems.length > 1 ? 's' : ''} occurred:\n${problems.map((problem) => `\t* ${problem}\n`).join('')}\n`;
}
