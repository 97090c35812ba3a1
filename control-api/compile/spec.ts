/** The fields of Istio's networking API that the compiler reads, by Istio's names. Loading has checked them against the CRD. */

export interface StringMatchSpec {
  exact?: string;
  prefix?: string;
  regex?: string;
}
export interface PortSpec {
  number: number;
  name?: string;
  protocol?: string;
  targetPort?: number;
}
export interface PercentSpec {
  value?: number;
}

export interface GatewaySpec {
  selector?: Record<string, string>;
  servers?: ServerSpec[];
}
export interface ServerSpec {
  name?: string;
  bind?: string;
  port: PortSpec;
  hosts: string[];
  tls?: ServerTlsSpec;
}
export interface ServerTlsSpec {
  httpsRedirect?: boolean;
  mode?: string;
  credentialName?: string;
  credentialNames?: string[];
  minProtocolVersion?: string;
  maxProtocolVersion?: string;
}

export interface VirtualServiceSpec {
  hosts?: string[];
  gateways?: string[];
  exportTo?: string[];
  http?: HttpRouteSpec[];
  tls?: unknown[];
  tcp?: unknown[];
}
export interface HttpRouteSpec {
  name?: string;
  match?: HttpMatchSpec[];
  route?: RouteDestinationSpec[];
  redirect?: RedirectSpec;
  directResponse?: DirectResponseSpec;
  delegate?: { name?: string; namespace?: string };
  rewrite?: RewriteSpec;
  timeout?: string;
  retries?: RetrySpec;
  fault?: FaultSpec;
  mirror?: DestinationSpec;
  mirrorPercent?: number;
  mirrorPercentage?: PercentSpec;
  mirrors?: { destination?: DestinationSpec; percentage?: PercentSpec }[];
  corsPolicy?: CorsSpec;
  headers?: HeadersSpec;
}
export interface HttpMatchSpec {
  name?: string;
  uri?: StringMatchSpec;
  scheme?: StringMatchSpec;
  method?: StringMatchSpec;
  authority?: StringMatchSpec;
  headers?: Record<string, StringMatchSpec>;
  withoutHeaders?: Record<string, StringMatchSpec>;
  queryParams?: Record<string, StringMatchSpec>;
  ignoreUriCase?: boolean;
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
  statPrefix?: string;
}
export interface DestinationSpec {
  host: string;
  subset?: string;
  port?: { number?: number };
}
export interface RouteDestinationSpec {
  destination?: DestinationSpec;
  weight?: number;
  headers?: HeadersSpec;
}
export interface HeadersSpec {
  request?: HeaderOperationsSpec;
  response?: HeaderOperationsSpec;
}
export interface HeaderOperationsSpec {
  set?: Record<string, string>;
  add?: Record<string, string>;
  remove?: string[];
}
export interface RedirectSpec {
  uri?: string;
  authority?: string;
  port?: number;
  derivePort?: string | number;
  scheme?: string;
  redirectCode?: number;
  prefixRewrite?: string;
}
export interface DirectResponseSpec {
  status: number;
  body?: { string?: string; bytes?: string };
}
export interface RewriteSpec {
  uri?: string;
  authority?: string;
  uriRegexRewrite?: { match?: string; rewrite?: string };
}
export interface RetrySpec {
  attempts?: number;
  perTryTimeout?: string;
  retryOn?: string;
  retryRemoteLocalities?: boolean;
  retryIgnorePreviousHosts?: boolean;
  backoff?: string;
}
export interface FaultSpec {
  delay?: { percent?: number; percentage?: PercentSpec; fixedDelay?: string; exponentialDelay?: string };
  abort?: { percentage?: PercentSpec; httpStatus?: number; grpcStatus?: string; http2Error?: string };
}
export interface CorsSpec {
  allowOrigin?: string[];
  allowOrigins?: StringMatchSpec[];
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  maxAge?: string;
  allowCredentials?: boolean;
  unmatchedPreflights?: string | number;
}

export interface ServiceEntrySpec {
  hosts?: string[];
  ports?: PortSpec[];
  location?: string;
  resolution?: string;
  endpoints?: WorkloadEntrySpec[];
  workloadSelector?: { labels?: Record<string, string> };
  exportTo?: string[];
}
export interface WorkloadEntrySpec {
  address?: string;
  ports?: Record<string, number>;
  labels?: Record<string, string>;
  locality?: string;
  weight?: number;
  network?: string;
}

export interface DestinationRuleSpec {
  host: string;
  trafficPolicy?: TrafficPolicySpec;
  subsets?: SubsetSpec[];
  exportTo?: string[];
  workloadSelector?: { matchLabels?: Record<string, string> };
}
export interface SubsetSpec {
  name: string;
  labels?: Record<string, string>;
  trafficPolicy?: TrafficPolicySpec;
}
export interface TrafficPolicySpec {
  loadBalancer?: LoadBalancerSpec;
  connectionPool?: ConnectionPoolSpec;
  outlierDetection?: OutlierDetectionSpec;
  tls?: ClientTlsSpec;
  retryBudget?: { percent?: number; minRetryConcurrency?: number };
  portLevelSettings?: (Omit<TrafficPolicySpec, 'portLevelSettings'> & { port?: { number?: number } })[];
}
export interface LoadBalancerSpec {
  simple?: string;
  consistentHash?: ConsistentHashSpec;
  localityLbSetting?: LocalityLbSpec;
  warmupDurationSecs?: string;
  warmup?: { duration?: string; minimumPercent?: number; aggression?: number };
}
export interface ConsistentHashSpec {
  httpHeaderName?: string;
  httpCookie?: { name?: string; path?: string; ttl?: string; attributes?: { name?: string; value?: string }[] };
  useSourceIp?: boolean;
  httpQueryParameterName?: string;
  ringHash?: { minimumRingSize?: number };
  maglev?: { tableSize?: number };
  minimumRingSize?: number;
}
export interface LocalityLbSpec {
  enabled?: boolean;
  distribute?: { from?: string; to?: Record<string, number> }[];
  failover?: { from?: string; to?: string }[];
  failoverPriority?: string[];
}
export interface ConnectionPoolSpec {
  tcp?: { maxConnections?: number; connectTimeout?: string };
  http?: {
    http1MaxPendingRequests?: number;
    http2MaxRequests?: number;
    maxRequestsPerConnection?: number;
    maxRetries?: number;
    idleTimeout?: string;
  };
}
export interface OutlierDetectionSpec {
  consecutiveErrors?: number;
  consecutive5xxErrors?: number;
  consecutiveGatewayErrors?: number;
  consecutiveLocalOriginFailures?: number;
  splitExternalLocalOriginErrors?: boolean;
  interval?: string;
  baseEjectionTime?: string;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
}
export interface ClientTlsSpec {
  mode?: string;
  sni?: string;
  subjectAltNames?: string[];
  credentialName?: string;
  clientCertificate?: string;
  privateKey?: string;
  caCertificates?: string;
  insecureSkipVerify?: boolean;
}
