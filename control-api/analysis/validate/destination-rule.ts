/** DestinationRule, as Istio's webhook judges it. */
import type { DestinationRuleSpec } from '../../resources/types.gen.ts';
import { duration, exportTo, labels, percentRange } from './common.ts';
import { wildcardDomain } from './domain.ts';
import type { Issues } from './issues.ts';

type Policy = NonNullable<DestinationRuleSpec['trafficPolicy']>;
type PortPolicy = NonNullable<Policy['portLevelSettings']>[number];

const SUBSET_NAME = /^[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;

export function validateDestinationRule(spec: DestinationRuleSpec, issues: Issues): void {
  issues.at('host').check(wildcardDomain(spec.host ?? ''));
  validatePolicy(spec.trafficPolicy, issues.at('trafficPolicy'));
  const names = new Set<string>();
  issues.each(['subsets'], spec.subsets, (subset, at) => {
    at.at('name').check(subsetName(subset.name ?? ''));
    at.at('labels').check(...labels(subset.labels ?? {}));
    validatePolicy(subset.trafficPolicy, at.at('trafficPolicy'));
    if (names.has(subset.name)) at.at('name').error(`duplicate subset names: ${subset.name}`);
    names.add(subset.name);
  });
  issues.at('exportTo').check(...exportTo(spec.exportTo));
}

function subsetName(name: string): string | undefined {
  if (name === '') return 'subset name cannot be empty';
  return SUBSET_NAME.test(name) ? undefined : `subset name is invalid: ${name}`;
}

function validatePolicy(policy: Policy | undefined, issues: Issues): void {
  if (!policy) return;
  validateSettings(policy, issues);
  issues.each(['portLevelSettings'], policy.portLevelSettings, validateSettings);
}

function validateSettings(settings: Policy | PortPolicy, issues: Issues): void {
  validateOutlier(settings.outlierDetection, issues.at('outlierDetection'));
  validatePool(settings.connectionPool, issues.at('connectionPool'));
  validateTls(settings.tls, issues.at('tls'));
  validateConsistentHash(settings.loadBalancer, issues.at('loadBalancer'));
}

function validateOutlier(outlier: Policy['outlierDetection'], issues: Issues): void {
  if (!outlier) return;
  issues.at('interval').check(duration(outlier.interval));
  issues.at('baseEjectionTime').check(duration(outlier.baseEjectionTime));
  issues.at('maxEjectionPercent').check(percentRange(outlier.maxEjectionPercent));
  issues.at('minHealthPercent').check(percentRange(outlier.minHealthPercent));
}

function validatePool(pool: Policy['connectionPool'], issues: Issues): void {
  const { http, tcp } = pool ?? {};
  const counts = {
    'http1 max pending requests': http?.http1MaxPendingRequests,
    'http2 max requests': http?.http2MaxRequests,
    'max requests per connection': http?.maxRequestsPerConnection,
    'max retries': http?.maxRetries,
    'max connections': tcp?.maxConnections,
  };
  for (const [name, count] of Object.entries(counts))
    if ((count ?? 0) < 0) issues.error(`${name} must be non-negative`);
  issues.at('http', 'idleTimeout').check(duration(http?.idleTimeout));
  issues.at('tcp', 'connectTimeout').check(duration(tcp?.connectTimeout));
}

function validateTls(tls: Policy['tls'], issues: Issues): void {
  if (tls?.mode !== 'MUTUAL' || tls.credentialName) return;
  if (!tls.clientCertificate) issues.error('client certificate required for mutual tls');
  if (!tls.privateKey) issues.error('private key required for mutual tls');
}

function validateConsistentHash(balancer: Policy['loadBalancer'], issues: Issues): void {
  const cookie = balancer?.consistentHash?.httpCookie;
  if (!cookie) return;
  if (!cookie.name) issues.at('consistentHash', 'httpCookie').error('name required for HttpCookie');
}
