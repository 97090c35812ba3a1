/** The policies of a DestinationRule, its subsets and their ports, as Istio's webhook judges them. */

import { durationMs } from '../../compile/duration.ts';
import type { DestinationRuleSpec } from '../../resources/types.gen.ts';
import { duration, percentRange, port } from './common.ts';
import { fqdn, isIp } from './domain.ts';
import type { Issues } from './issues.ts';
import { validateLoadBalancer } from './load-balancer.ts';

export type Policy = NonNullable<DestinationRuleSpec['trafficPolicy']>;
type PortPolicy = NonNullable<Policy['portLevelSettings']>[number];
type Pool = NonNullable<Policy['connectionPool']>;
type Tls = NonNullable<Policy['tls']>;

const OWN = ['portLevelSettings', 'tunnel', 'proxyProtocol', 'retryBudget'] as const;
const OF_A_PORT = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls'] as const;

/** @param namespace the rule's own */
export function validatePolicy(policy: Policy | undefined, issues: Issues, namespace: string): void {
  if (!policy) return;
  const said = OF_A_PORT.some((field) => policy[field]) || OWN.some((field) => !isNothing(policy[field]));
  if (!said) {
    issues.error('traffic policy must have at least one field');
    return;
  }
  if (policy.tunnel && policy.proxyProtocol) {
    issues.error('tunnel and proxyProtocol must not be set together');
    return;
  }
  validateSettings(policy, issues, namespace);
  issues.each(['portLevelSettings'], policy.portLevelSettings, (one, at) => validatePortPolicy(one, at, namespace));
  validateTunnel(policy.tunnel, issues.at('tunnel'));
}

/** A list without items is as good as none. */
const isNothing = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

function validatePortPolicy(policy: PortPolicy, issues: Issues, namespace: string): void {
  if (!policy.port) issues.error('portTrafficPolicy must have valid port');
  if (OF_A_PORT.some((field) => policy[field])) validateSettings(policy, issues, namespace);
  else issues.error('port traffic policy must have at least one field');
}

function validateSettings(settings: Policy | PortPolicy, issues: Issues, namespace: string): void {
  validateOutlier(settings.outlierDetection, issues.at('outlierDetection'));
  validatePool(settings.connectionPool, issues.at('connectionPool'));
  validateTls(settings.tls, issues.at('tls'), namespace);
  validateLoadBalancer(settings.loadBalancer, settings.outlierDetection !== undefined, issues.at('loadBalancer'));
}

function validateOutlier(outlier: Policy['outlierDetection'], issues: Issues): void {
  if (!outlier) return;
  issues.at('interval').check(duration(outlier.interval));
  issues.at('baseEjectionTime').check(duration(outlier.baseEjectionTime));
  issues.at('maxEjectionPercent').check(percentRange(outlier.maxEjectionPercent));
  issues.at('minHealthPercent').check(percentRange(outlier.minHealthPercent));
  if (!outlier.splitExternalLocalOriginErrors && outlier.consecutiveLocalOriginFailures) {
    const what = 'outlier detection consecutive local origin failures is specified';
    issues.error(`${what}, but split external local origin errors is set to false`);
  }
}

function validatePool(pool: Pool | undefined, issues: Issues): void {
  if (!pool) return;
  const { http, tcp } = pool;
  if (!http && !tcp) issues.error('connection pool must have at least one field');
  const counts = {
    'http1 max pending requests': http?.http1MaxPendingRequests,
    'http2 max requests': http?.http2MaxRequests,
    'max requests per connection': http?.maxRequestsPerConnection,
    'max retries': http?.maxRetries,
    'max concurrent streams': http?.maxConcurrentStreams,
    'max connections': tcp?.maxConnections,
  };
  for (const [name, count] of Object.entries(counts))
    if ((count ?? 0) < 0) issues.error(`${name} must be non-negative`);
  validateHttpPool(http, issues.at('http'));
  validateTcpPool(tcp, issues.at('tcp'));
}

function validateHttpPool(http: Pool['http'], issues: Issues): void {
  if (!http) return;
  issues.at('idleTimeout').check(duration(http.idleTimeout));
  if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol)
    issues.error('use client protocol must not be true when H2UpgradePolicy is UPGRADE');
  for (const field of http.http2KeepAlive ? (['interval', 'timeout'] as const) : []) {
    const given = http.http2KeepAlive?.[field];
    issues
      .at('http2KeepAlive', field)
      .check(given === undefined ? `http2 keepalive ${field} is required` : duration(given));
  }
}

function validateTcpPool(tcp: Pool['tcp'], issues: Issues): void {
  if (!tcp) return;
  issues.at('connectTimeout').check(duration(tcp.connectTimeout));
  issues.at('maxConnectionDuration').check(duration(tcp.maxConnectionDuration));
  // Nothing, or what is next to nothing, switches it off.
  if ((durationMs(tcp.idleTimeout) ?? 0) >= 1) issues.at('idleTimeout').check(duration(tcp.idleTimeout));
  issues.at('tcpKeepalive', 'time').check(duration(tcp.tcpKeepalive?.time));
  issues.at('tcpKeepalive', 'interval').check(duration(tcp.tcpKeepalive?.interval));
}

const CONFIG_MAP = 'configmap://';

function validateTls(tls: Tls | undefined, issues: Issues, namespace: string): void {
  if (!tls) return;
  const { mode, credentialName = '', clientCertificate, privateKey, caCertificates, caCrl } = tls;
  if (credentialName.startsWith(CONFIG_MAP) && credentialName.split('/')[2] !== namespace)
    issues.error(
      `invalid configmap:// credentialName: namespace must match the configuration namespace ${JSON.stringify(namespace)}`,
    );
  if (tls.insecureSkipVerify) issues.check(skippedProblem(tls));
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && credentialName) {
    if (clientCertificate || caCertificates || privateKey || caCrl)
      issues.error('cannot specify client certificates or CA certificate or CA CRL If credentialName is set');
  } else if (mode === 'MUTUAL') {
    if (!clientCertificate) issues.error('client certificate required for mutual tls');
    if (!privateKey) issues.error('private key required for mutual tls');
  }
}

function skippedProblem({ mode, credentialName, caCertificates, subjectAltNames }: Tls): string | undefined {
  const when = 'when InsecureSkipVerify is set true';
  if (mode === 'SIMPLE' && (caCertificates || credentialName || subjectAltNames))
    return `cannot specify CaCertificates or CredentialName or SubjectAltNames ${when}`;
  return mode === 'MUTUAL' && (caCertificates || subjectAltNames)
    ? `cannot specify CaCertificates or SubjectAltNames ${when}`
    : undefined;
}

function validateTunnel(tunnel: Policy['tunnel'], issues: Issues): void {
  if (!tunnel) return;
  const { protocol, targetHost = '', targetPort = 0 } = tunnel;
  if (protocol && protocol !== 'CONNECT' && protocol !== 'POST')
    issues.at('protocol').error('tunnel protocol must be "CONNECT" or "POST"');
  const problem = isIp(targetHost) ? undefined : fqdn(targetHost);
  if (problem)
    issues
      .at('targetHost')
      .error(`tunnel target host must be valid FQDN or IP address: ${problem}; ${targetHost} is not a valid IP`);
  const portProblem = port(targetPort);
  if (portProblem) issues.at('targetPort').error(`tunnel target port is invalid: ${portProblem}`);
}
