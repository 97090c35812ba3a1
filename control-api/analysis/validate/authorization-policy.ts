/** AuthorizationPolicy, as Istio's webhook judges it; its conditions are judged in condition.ts. */
import type { AuthorizationPolicySpec } from '../../resources/types.gen.ts';
import { ipProblem, portProblem, serviceAccountsProblem, trustDomainsProblem, valuesProblem } from './attribute.ts';
import { validateCondition } from './condition.ts';
import { validateCustom } from './custom-policy.ts';
import type { Issues } from './issues.ts';
import { pathTemplatesProblem } from './path-template.ts';
import { validateSelector } from './selector.ts';

type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number];
type Source = NonNullable<NonNullable<Rule['from']>[number]['source']>;
type Operation = NonNullable<NonNullable<Rule['to']>[number]['operation']>;

export function validateAuthorizationPolicy(spec: AuthorizationPolicySpec, issues: Issues): void {
  const { action = 'ALLOW', provider, rules = [] } = spec;
  validateSelector(spec, issues);
  if (action === 'CUSTOM') validateCustom(spec, issues);
  else if (provider) issues.at('provider').error(`\`provider\` must not be with non CUSTOM action, found ${action}`);
  if (rules.length === 0 && (action === 'DENY' || action === 'CUSTOM')) issues.error(neverTriggered(action));
  issues.each(['rules'], rules, validateRule);
  if (action === 'DENY') issues.each(['rules'], rules, warnOfTcp);
}

const neverTriggered = (action: string): string =>
  `${action} action without \`rules\` is meaningless as it will never be triggered, add an empty rule \`{}\` if you want it be triggered for every request`;

/** An empty list is as good as none: Istio cannot tell them apart once they are read. */
function validateRule({ from, to, when }: Rule, issues: Issues, index: number): void {
  issues.each(['from'], from, ({ source }, at) => validateSource(source, at.at('source'), index));
  issues.each(['to'], to, ({ operation }, at) => validateOperation(operation, at.at('operation'), index));
  issues.each(['when'], when, validateCondition);
}

const isEmpty = (object: object) => Object.values(object).every((list) => !list || (list as unknown[]).length === 0);
const some = (lists: readonly (readonly string[] | undefined)[]): boolean =>
  lists.some((list) => (list?.length ?? 0) > 0);

const BLOCKS = ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const;
const NAMES = [
  ...['principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals', 'namespaces', 'notNamespaces'],
  ...BLOCKS,
] as (keyof Source)[];

function validateSource(source: Source | undefined, issues: Issues, rule: number): void {
  if (!source) {
    issues.error(`\`from.source\` must not be nil, found at rule ${rule}`);
    return;
  }
  if (isEmpty(source)) issues.error(`\`from.source\` must not be empty, found at rule ${rule}`);
  const { principals, notPrincipals, namespaces, notNamespaces, serviceAccounts, notServiceAccounts } = source;
  if (some([serviceAccounts, notServiceAccounts]) && some([principals, notPrincipals, namespaces, notNamespaces]))
    issues.error(`cannot set serviceAccounts with namespaces or principals, found at rule ${rule}`);
  for (const field of BLOCKS) issues.each([field], source[field], (block, at) => at.check(ipProblem(block)));
  for (const field of NAMES) issues.at(field).check(valuesProblem(goName(field), source[field]));
  for (const field of ['serviceAccounts', 'notServiceAccounts'] as const)
    issues.at(field).check(serviceAccountsProblem(goName(field), source[field]));
  for (const field of ['trustDomains', 'notTrustDomains'] as const)
    issues.at(field).check(trustDomainsProblem(goName(field), source[field]));
}

/** As the texts name it: `NotPaths`. */
const goName = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1);

const OPERATION = ['ports', 'notPorts', 'methods', 'notMethods', 'paths', 'notPaths', 'hosts', 'notHosts'] as const;

function validateOperation(operation: Operation | undefined, issues: Issues, rule: number): void {
  if (!operation) {
    issues.error(`\`to.operation\` must not be nil, found at rule ${rule}`);
    return;
  }
  if (isEmpty(operation)) issues.error(`\`to.operation\` must not be empty, found at rule ${rule}`);
  for (const field of ['ports', 'notPorts'] as const)
    issues.each([field], operation[field], (value, at) => at.check(portProblem(value)));
  for (const field of OPERATION) issues.at(field).check(valuesProblem(goName(field), operation[field]));
  for (const field of ['paths', 'notPaths'] as const)
    issues.at(field).check(pathTemplatesProblem(operation[field], goName(field)));
}

const TCP_SOURCE = [
  'principals',
  'notPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
];

/** What only HTTP has holds for every connection that is not HTTP: such a rule shuts a TCP port. */
function warnOfTcp({ from = [], to = [] }: Rule, issues: Issues): void {
  const sources = from.flatMap(({ source }) => (source ? [source] : []));
  const operations = to.flatMap(({ operation }) => (operation ? [operation] : []));
  const tcpSource = sources.some((source) => hasAny(source, [...TCP_SOURCE, ...BLOCKS]));
  const tcpOperation = operations.some((operation) => hasAny(operation, ['ports', 'notPorts']));
  const shuts = operations.length > 0 ? !tcpOperation : sources.length > 0 && !tcpSource;
  if (shuts) issues.warn(SHUTS_TCP);
}

const hasAny = (object: object, fields: readonly string[]): boolean =>
  Object.entries(object).some(([field, list]) => fields.includes(field) && (list as unknown[]).length > 0);

const SHUTS_TCP =
  'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port';
