/**
 * The HTTP filters of a listener: one discriminated union, so that phases.ts, explain and the compiler name the same things.
 * Fault and CORS are not here: they live on the Route, because Istio configures them nowhere else.
 */
import type { PhaseName } from './phase-names.ts';
import type { HeaderOperation, QueryParamMatch, StringMatch } from './snapshot.ts';

export interface HttpFilter {
  /** Where on the request's way it runs; the compiler sorts by the phase table, then by Istio's order within a phase. */
  phase: PhaseName;
  config: JwtAuthn | Rbac | ExtAuthz | WasmBinding | LocalRateLimit | RateLimit | SetMetadata;
}

/** All RequestAuthentications that hold for this gateway, merged as Istio merges them. */
export interface JwtAuthn {
  kind: 'jwt_authn';
  providers: JwtProvider[];
}
export interface JwtProvider {
  /** Stable name, unique in the Snapshot; also the scope of the cache of verified tokens. */
  name: string;
  issuer: string;
  audiences: string[];
  /** Inline JWKS (JSON text), or where to fetch it, or neither: OpenID discovery on the issuer. */
  jwks?: string;
  jwksUri?: string;
  /** The keys are at a service of the cluster: asked there, since its name means nothing outside. */
  jwksCluster?: string;
  fromHeaders: { name: string; prefix: string }[];
  fromParams: string[];
  fromCookies: string[];
  forwardOriginalToken: boolean;
  outputPayloadToHeader?: string;
  outputClaimToHeaders: { header: string; claim: string }[];
  /** Claims whose text counts as the list of its words, for policies and routes. */
  spaceDelimitedClaims: string[];
  /** How long a fetch of the keys may take. */
  timeoutMs: number;
}

export interface Rbac {
  kind: 'rbac';
  action: 'ALLOW' | 'DENY' | 'LOG';
  policies: RbacPolicy[];
  /** Dry-run policies: evaluated and logged, never enforced. */
  shadow?: boolean;
}
/**
 * One rule of one AuthorizationPolicy: any of the permissions and any of the principals must hold. An empty list holds
 * always; a rule that is meant to match nothing has a test with the value `never`.
 */
export interface RbacPolicy {
  /** `ns[default]-policy[name]-rule[0]`, as Istio names it. */
  name: string;
  permissions: RbacRule[];
  principals: RbacRule[];
}
/** ANDed attribute tests; the lists of one rule are ORed by the filter. */
export interface RbacRule {
  tests: RbacTest[];
}
/** The attribute has one of `values` and none of `notValues`; either may be empty. */
export interface RbacTest {
  /**
   * `host`, `method`, `path`, `port`, `source.ip`, `remote.ip`, `source.principal`, `connection.sni`, `request.headers[x]`,
   * `request.auth.principal`, `request.auth.claims[a][b]`, `experimental.envoy.filters.x[y]`, `any`, or one that no edge knows.
   */
  attribute: string;
  values: RbacValue[];
  notValues: RbacValue[];
}
export type RbacValue =
  | StringMatch
  | { kind: 'present' }
  /** An address or a block, `10.1.2.3` or `10.0.0.0/8`. */
  | { kind: 'cidr'; value: string }
  | { kind: 'port'; value: number }
  /** A path with `{*}` and `{**}`. */
  | { kind: 'template'; value: string }
  /** `iss/sub` of a token; an absent part is any that is not empty. */
  | { kind: 'principal'; iss?: StringMatch; sub?: StringMatch }
  | { kind: 'never' };

export interface ExtAuthz {
  kind: 'ext_authz';
  /** The rules that select which requests are sent to the authoriser. */
  policies: RbacPolicy[];
  /** Cluster and URL parts of envoyExtAuthzHttp. Absent: unknown provider, matched requests are denied. */
  provider?: ExtAuthzHttp;
  policyName: string;
}
export interface ExtAuthzHttp {
  name: string;
  cluster: string;
  service: string;
  port: number;
  timeoutMs: number;
  pathPrefix: string;
  failOpen: boolean;
  statusOnError: number;
  includeRequestHeadersInCheck: StringMatch[];
  includeAdditionalHeadersInCheck: [string, string][];
  includeRequestBodyInCheck?: { maxRequestBytes: number; allowPartialMessage: boolean; packAsBytes: boolean };
  headersToUpstreamOnAllow: StringMatch[];
  headersToDownstreamOnAllow: StringMatch[];
  headersToDownstreamOnDeny: StringMatch[];
}

/** A Proxy-Wasm module bound to a phase by a WasmPlugin or TrafficExtension. */
export interface WasmBinding {
  kind: 'wasm';
  /** `<namespace>.<name>` */
  name: string;
  /** Digest of the module's bytes; the key under which the runtime finds it. */
  sha256: string;
  url: string;
  /** Compact JSON with sorted keys, as Istio hands it to the plugin; empty string when absent. */
  pluginConfig: string;
  pluginName: string;
  failStrategy: 'FAIL_CLOSED' | 'FAIL_OPEN' | 'FAIL_RELOAD';
  env: Record<string, string>;
  type: 'HTTP' | 'NETWORK';
}

export interface LocalRateLimit {
  kind: 'local_ratelimit';
  name: string;
  /** Envoy's own configuration, validated and with defaults filled in. Route level may override it by filter name. */
  config: LocalRateLimitConfig;
}
export interface TokenBucket {
  maxTokens: number;
  tokensPerFill: number;
  fillIntervalMs: number;
}
export interface LocalRateLimitConfig {
  statPrefix: string;
  /** Absent: nothing but the descriptors is limited (or the filter is a placeholder that virtual hosts or routes override). */
  tokenBucket?: TokenBucket;
  descriptors: LocalDescriptor[];
  rateLimits: RateLimitPolicy[];
  /** Percent of requests for which the filter runs, and for which it acts; absent in the YAML = 0. */
  filterEnabled: number;
  filterEnforced: number;
  status: number;
  responseHeadersToAdd?: HeaderOperation;
  requestHeadersToAddWhenNotEnforced?: HeaderOperation;
  stage: number;
  enableXRatelimitHeaders: boolean;
  vhRateLimits: 'OVERRIDE' | 'INCLUDE' | 'IGNORE';
  alwaysConsumeDefaultTokenBucket: boolean;
  maxDynamicDescriptors: number;
  rateLimitedAsResourceExhausted: boolean;
  /** Whoever has a configuration of this name on a listener takes from the same buckets. */
  sharedBuckets?: string;
}
export interface LocalDescriptor {
  /** All must match verbatim; an entry without a value makes one bucket for each value seen. */
  entries: { key: string; value?: string }[];
  tokenBucket: TokenBucket;
  /** Counted, never refused. */
  shadowMode?: boolean;
}

/** envoy.filters.http.set_metadata: static values that rate-limit actions and access logs can read. */
export interface SetMetadata {
  kind: 'set_metadata';
  name: string;
  values: { namespace: string; value: Record<string, unknown>; allowOverwrite: boolean }[];
}

export interface RateLimit {
  kind: 'ratelimit';
  name: string;
  /** Of Snapshot.limitDomains; a domain that is not in there limits nothing. */
  domain: string;
  stage: number;
  requestType: 'internal' | 'external' | 'both';
  timeoutMs: number;
  /** Percent of the requests that are refused when the counters do not answer, 0..100. */
  failureModeDeny: number;
  enableXRatelimitHeaders: boolean;
  disableXEnvoyRatelimitedHeader: boolean;
  rateLimitedStatus: number;
  statusOnError: number;
  responseHeadersToAdd?: HeaderOperation;
  rateLimitedAsResourceExhausted: boolean;
  /** Percent, 0..100. */
  filterEnabled: number;
  filterEnforced: number;
  /** The filter's own rate_limits: when there are any, those of virtual hosts and routes are not looked at. */
  rateLimits: RateLimitPolicy[];
}

/** RateLimitPerRoute, in perFilterConfig of a virtual host or route under the filter's name. */
export interface RateLimitPerRoute {
  kind: 'ratelimit';
  domain?: string;
  vhRateLimits: 'OVERRIDE' | 'INCLUDE' | 'IGNORE';
  /** Replace every other list when there are any. */
  rateLimits: RateLimitPolicy[];
}
export type PerFilterConfig = RateLimitPerRoute | { kind: 'local_ratelimit'; config: LocalRateLimitConfig };

/** envoyproxy/ratelimit's configuration of one domain, validated. */
export interface LimitDomain {
  domain: string;
  descriptors: LimitDescriptor[];
}
export interface LimitDescriptor {
  key: string;
  value?: string;
  rateLimit?: LimitRule;
  shadowMode?: boolean;
  quotaMode?: boolean;
  detailedMetric?: boolean;
  shareThreshold?: boolean;
  valueToMetric?: boolean;
  metadata?: Record<string, unknown>;
  descriptors?: LimitDescriptor[];
}
export type LimitUnit = 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'YEAR';
export interface LimitRule {
  unit?: LimitUnit;
  requestsPerUnit: number;
  unlimited?: boolean;
  name?: string;
  replaces?: string[];
}

/** One entry of Envoy's `rate_limits`: its actions make one descriptor. */
export interface RateLimitPolicy {
  stage: number;
  actions: RateLimitAction[];
  /** limit.dynamic_metadata: where the request's own limit is found. */
  limit?: MetadataPath;
  hitsAddend?: { number?: number; format?: string };
  applyOnStreamDone?: boolean;
}
export interface MetadataPath {
  /** The filter's name. */
  key: string;
  path: string[];
}

/** Envoy's RateLimit.Action. An action that yields nothing drops its whole descriptor, unless it may be left out. */
export type RateLimitAction =
  | { kind: 'sourceCluster' }
  | { kind: 'destinationCluster' }
  | { kind: 'remoteAddress' }
  | { kind: 'maskedRemoteAddress'; v4PrefixMaskLen: number; v6PrefixMaskLen: number }
  | { kind: 'requestHeaders'; headerName: string; descriptorKey: string; skipIfAbsent: boolean }
  | { kind: 'queryParameters'; queryParameterName: string; descriptorKey: string; skipIfAbsent: boolean }
  | ({ kind: 'genericKey' } & ActionValue)
  | ({ kind: 'headerValueMatch'; expectMatch: boolean; headers: ActionHeaderMatch[] } & ActionValue)
  | ({ kind: 'queryParameterValueMatch'; expectMatch: boolean; queryParameters: ActionQueryMatch[] } & ActionValue)
  /** The trusted client address is in one of the CIDR ranges, or with `invert` in none. */
  | ({ kind: 'remoteAddressMatch'; ranges: string[]; invert: boolean } & ActionValue)
  | {
      kind: 'metadata';
      descriptorKey: string;
      source: 'DYNAMIC' | 'ROUTE_ENTRY';
      metadataKey: MetadataPath;
      defaultValue: string;
      skipIfAbsent: boolean;
    }
  | { kind: 'expression'; descriptorKey: string; text: string; skipIfError: boolean };

/** A value of the configuration's own. With `format` it is rendered for each request, and replaced by the default when empty. */
export interface ActionValue {
  descriptorKey: string;
  descriptorValue: string;
  format?: string;
  defaultValue?: string;
}

/** Envoy's QueryParameterMatcher. */
export interface ActionQueryMatch {
  name: string;
  match: QueryParamMatch['match'] | { kind: 'absent' };
}

/** Envoy's HeaderMatcher; `range` is [start, end) of an integer value. */
export interface ActionHeaderMatch {
  name: string;
  match: StringMatch | { kind: 'present'; present: boolean } | { kind: 'range'; start: number; end: number };
  invert: boolean;
  treatMissingAsEmpty: boolean;
}
