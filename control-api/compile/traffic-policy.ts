/** DestinationRule's policies: how levels override each other, and what of them a Cluster carries. */
import type {
  Cluster,
  ConnectionPool,
  LoadBalancer,
  LocalitySetting,
  OutlierDetection,
  UpstreamTls,
} from '../../gateway/snapshot.ts';
import { durationMs, wholeMs } from './duration.ts';
import { sortKeys } from './identify.ts';
import type { ProxyIdentity } from './processor.ts';
import type {
  ClientTlsSpec,
  ConnectionPoolSpec,
  LoadBalancerSpec,
  LocalityLbSpec,
  OutlierDetectionSpec,
  TrafficPolicySpec,
} from './spec.ts';

type Policy = Omit<TrafficPolicySpec, 'portLevelSettings'>;
export type ClusterPolicy = Pick<
  Cluster,
  'loadBalancer' | 'connectionPool' | 'outlierDetection' | 'retryBudget' | 'tls' | 'connectTimeoutMs'
>;

/**
 * `over` overrides `base` field by field; a port's own settings replace the four they can hold, and one that they
 * leave out goes back to the default, not to the level above. Istio: util.MergeTrafficPolicy.
 */
export function mergePolicy(base: Policy | undefined, over: TrafficPolicySpec | undefined, port: number): Policy {
  const { portLevelSettings = [], ...own } = over ?? {};
  const merged: Policy = { ...base, ...own };
  const atPort = portLevelSettings.find((settings) => settings.port?.number === port);
  if (!atPort) return merged;
  for (const field of ['connectionPool', 'outlierDetection', 'loadBalancer', 'tls'] as const) delete merged[field];
  const { port: _, ...settings } = atPort;
  return { ...merged, ...settings };
}

/** MeshConfig.defaultTrafficPolicy stands where a host's rule says nothing of either; subsets lie over it. Istio: applyDefaultTrafficPolicy. */
export function withMeshDefaults(policy: Policy, mesh: Record<string, unknown>): Policy {
  const { connectionPool, outlierDetection } = (mesh.defaultTrafficPolicy ?? {}) as Policy;
  return {
    ...(connectionPool && { connectionPool }),
    ...(outlierDetection && { outlierDetection }),
    ...policy,
  };
}

/** Istio means 20, and writes 0.2 of 100 (pilot: applyRetryBudget). */
const BUDGET_PERCENT = 0.2;

/** What a Cluster carries of a policy. `mesh` gives the defaults: connectTimeout (10 s) and localityLbSetting. */
export function clusterPolicy(policy: Policy, mesh: Record<string, unknown>, identity: ProxyIdentity): ClusterPolicy {
  const pool = policy.connectionPool && connectionPool(policy.connectionPool);
  const outlier = policy.outlierDetection && outlierDetection(policy.outlierDetection);
  const tls = policy.tls && upstreamTls(policy.tls);
  const budget = policy.retryBudget;
  return {
    loadBalancer: loadBalancer(policy.loadBalancer ?? {}, mesh, identity, outlier !== undefined),
    ...(pool && Object.keys(pool).length > 0 && { connectionPool: pool }),
    ...(outlier && { outlierDetection: outlier }),
    ...(budget && {
      retryBudget: { percent: budget.percent ?? BUDGET_PERCENT, minRetryConcurrency: budget.minRetryConcurrency || 3 },
    }),
    ...(tls && { tls }),
    connectTimeoutMs: pool?.connectTimeoutMs ?? wholeMs(mesh.connectTimeout) ?? 10_000,
  };
}

const SIMPLE: Record<string, LoadBalancer['policy']> = {
  ROUND_ROBIN: 'ROUND_ROBIN',
  RANDOM: 'RANDOM',
};

/** UNSPECIFIED, LEAST_CONN and LEAST_REQUEST are all Envoy's least request, as in Istio. */
function loadBalancer(
  spec: LoadBalancerSpec,
  mesh: Record<string, unknown>,
  identity: ProxyIdentity,
  outlier: boolean,
): LoadBalancer {
  const balancer: LoadBalancer = { policy: SIMPLE[spec.simple ?? ''] ?? 'LEAST_REQUEST' };
  const hash = spec.consistentHash;
  if (hash?.maglev) {
    balancer.policy = 'MAGLEV';
    if (hash.maglev.tableSize) balancer.tableSize = hash.maglev.tableSize;
  } else if (hash) {
    balancer.policy = 'RING_HASH';
    balancer.minimumRingSize = hash.ringHash?.minimumRingSize || hash.minimumRingSize || 1024;
  }
  const warmup = spec.warmup ?? (spec.warmupDurationSecs ? { duration: spec.warmupDurationSecs } : undefined);
  if (warmup) {
    const { duration, minimumPercent = 10, aggression = 1 } = warmup;
    balancer.warmup = { durationMs: wholeMs(duration) ?? 0, minimumPercent, aggression };
  }
  const setting = spec.localityLbSetting ?? (mesh.localityLbSetting as LocalityLbSpec | undefined) ?? {};
  const locality = localitySetting(setting, outlier, identity.locality !== '');
  if (locality) balancer.locality = { from: identity.locality, ...locality };
  if (locality?.failoverPriority) balancer.locality = { ...balancer.locality!, labels: sortKeys(identity.labels) };
  return balancer;
}

/**
 * Distribution always holds; failing over needs outlier detection, without which Istio leaves localities alone. With it
 * the nearest endpoints go first even where nobody configured anything, if the proxy knows where it is.
 */
function localitySetting(
  setting: LocalityLbSpec,
  outlier: boolean,
  isKnown: boolean,
): Omit<LocalitySetting, 'from'> | undefined {
  if (setting.enabled === false) return undefined;
  if (setting.distribute?.length) {
    return { distribute: setting.distribute.map(({ from = '', to = {} }) => ({ from, to: sortKeys(to) })) };
  }
  if (!outlier || !(isKnown || setting.failover?.length || setting.failoverPriority?.length)) return undefined;
  return {
    ...(setting.failover?.length && {
      failover: setting.failover.map(({ from = '', to = '' }) => ({ from, to })),
    }),
    ...(setting.failoverPriority?.length && { failoverPriority: setting.failoverPriority }),
  };
}

function connectionPool({ tcp = {}, http = {} }: ConnectionPoolSpec): ConnectionPool {
  const pool: ConnectionPool = {};
  const connectTimeoutMs = wholeMs(tcp.connectTimeout);
  const idleTimeoutMs = wholeMs(http.idleTimeout);
  if (tcp.maxConnections) pool.maxConnections = tcp.maxConnections;
  if (connectTimeoutMs) pool.connectTimeoutMs = connectTimeoutMs;
  if (http.http1MaxPendingRequests) pool.http1MaxPendingRequests = http.http1MaxPendingRequests;
  if (http.http2MaxRequests) pool.http2MaxRequests = http.http2MaxRequests;
  if (http.maxRequestsPerConnection) pool.maxRequestsPerConnection = http.maxRequestsPerConnection;
  if (http.maxRetries) pool.maxRetries = http.maxRetries;
  if (idleTimeoutMs) pool.idleTimeoutMs = idleTimeoutMs;
  return pool;
}

/** Envoy's defaults stand where the rule says nothing: 5 errors, 10 s, 30 s, 10 %. 0 switches a detector off. */
function outlierDetection(spec: OutlierDetectionSpec): OutlierDetection {
  const split = spec.splitExternalLocalOriginErrors ?? false;
  const consecutive5xx = spec.consecutive5xxErrors ?? 5;
  const localOrigin = spec.consecutiveLocalOriginFailures || 5;
  const errorCodes = spec.outlierDetectionHttpErrorCodes ?? [];
  return {
    ...(consecutive5xx > 0 && { consecutive5xx }),
    ...(spec.consecutiveGatewayErrors && { consecutiveGatewayFailure: spec.consecutiveGatewayErrors }),
    ...(split && { consecutiveLocalOriginFailure: localOrigin }),
    ...(errorCodes.length > 0 && { errorCodes: errorCodes.toSorted((a, b) => a - b) }),
    splitExternalLocalOriginErrors: split,
    intervalMs: wholeMs(spec.interval) || 10_000,
    baseEjectionTimeMs: wholeMs(spec.baseEjectionTime) || 30_000,
    maxEjectionPercent: spec.maxEjectionPercent || 10,
    minHealthPercent: spec.minHealthPercent ?? 0,
  };
}

const TLS_MODES = new Set(['SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']);

function upstreamTls(spec: ClientTlsSpec): UpstreamTls | undefined {
  if (!TLS_MODES.has(spec.mode ?? '')) return undefined;
  const { mode, sni, subjectAltNames, credentialName, clientCertificate, privateKey, caCertificates } = spec;
  return {
    mode: mode as UpstreamTls['mode'],
    ...(sni && { sni }),
    ...(subjectAltNames?.length && { subjectAltNames }),
    ...(credentialName && { credentialName }),
    ...(clientCertificate && { clientCertificate }),
    ...(privateKey && { privateKey }),
    ...(caCertificates && { caCertificates }),
    ...(spec.insecureSkipVerify && { insecureSkipVerify: true }),
  };
}

/** Seconds for header values: `24h` → `86400`. */
export const seconds = (value: unknown): string | undefined => {
  const ms = durationMs(value);
  return ms === undefined ? undefined : String(Math.floor(ms / 1000));
};
