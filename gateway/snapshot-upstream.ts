/** The part of the Snapshot that says where a Route may send. Shapes only; see snapshot.ts for the rules of the house. */
import type { HttpFilter } from './snapshot-filters.ts';

export interface Cluster {
  /** `outbound|8080|v1|reviews.default.svc.cluster.local` */
  name: string;
  /** Fully qualified host. */
  host: string;
  port: number;
  subset?: string;
  /** Empty: "no healthy upstream". Sorted by address and port. */
  endpoints: Endpoint[];
  /** STATIC: as given; DNS: `address` is a name to resolve; MESH: reached through the mesh entry. */
  resolution: 'STATIC' | 'DNS' | 'MESH';
  loadBalancer: LoadBalancer;
  connectionPool?: ConnectionPool;
  outlierDetection?: OutlierDetection;
  /** trafficPolicy.retryBudget: retries in flight ≤ max(minRetryConcurrency, percent of the requests in flight). Absent: no budget. */
  retryBudget?: { percent: number; minRetryConcurrency: number };
  tls?: UpstreamTls;
  /** The mesh entry wants a signed word that this is the edge (x-bowsprit-assertion), for this audience, by this key. */
  assertion?: { audience: string; credentialName: string };
  connectTimeoutMs: number;
  /** What the sidecars behind would refuse, as far as it can be told here; asked before a request is sent (early enforcement). */
  early?: HttpFilter[];
}

export interface Endpoint {
  address: string;
  port: number;
  labels: Record<string, string>;
  weight: number;
  /** region/zone/subzone */
  locality?: string;
}

export interface LoadBalancer {
  policy: 'LEAST_REQUEST' | 'ROUND_ROBIN' | 'RANDOM' | 'RING_HASH' | 'MAGLEV';
  minimumRingSize?: number;
  tableSize?: number;
  warmup?: { durationMs: number; minimumPercent: number; aggression: number };
  locality?: LocalitySetting;
}

/** localityLbSetting with the proxy's own locality already applied where it is known. */
export interface LocalitySetting {
  from: string;
  distribute?: { from: string; to: Record<string, number> }[];
  failover?: { from: string; to: string }[];
  failoverPriority?: string[];
  /** The proxy's own labels, which failoverPriority compares with the endpoints'. */
  labels?: Record<string, string>;
}

export interface ConnectionPool {
  maxConnections?: number;
  connectTimeoutMs?: number;
  http1MaxPendingRequests?: number;
  http2MaxRequests?: number;
  maxRequestsPerConnection?: number;
  maxRetries?: number;
  idleTimeoutMs?: number;
}

export interface OutlierDetection {
  consecutive5xx?: number;
  consecutiveGatewayFailure?: number;
  consecutiveLocalOriginFailure?: number;
  /** outlierDetectionHttpErrorCodes: only these answers are errors. Absent: 5xx. Sorted. */
  errorCodes?: number[];
  splitExternalLocalOriginErrors: boolean;
  intervalMs: number;
  baseEjectionTimeMs: number;
  maxEjectionPercent: number;
  minHealthPercent: number;
}

export interface UpstreamTls {
  mode: 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';
  sni?: string;
  subjectAltNames?: string[];
  credentialName?: string;
  clientCertificate?: string;
  privateKey?: string;
  caCertificates?: string;
  insecureSkipVerify?: boolean;
}
