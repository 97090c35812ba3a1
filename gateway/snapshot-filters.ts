/**
 * The HTTP filters of a listener: one discriminated union, so that phases.ts, explain and the compiler name the same things.
 * Fault and CORS are not here: they live on the Route, because Istio configures them nowhere else.
 */
import type { PhaseName } from './phase-names.ts';
import type { StringMatch } from './snapshot.ts';

export interface HttpFilter {
  /** Where on the request's way it runs; the compiler sorts by the phase table, then by Istio's order within a phase. */
  phase: PhaseName;
  config: JwtAuthn | Rbac | ExtAuthz | WasmBinding | LocalRateLimit | RateLimit;
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
  fromHeaders: { name: string; prefix: string }[];
  fromParams: string[];
  fromCookies: string[];
  forwardOriginalToken: boolean;
  outputPayloadToHeader?: string;
  outputClaimToHeaders: { header: string; claim: string }[];
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
/** One rule of one AuthorizationPolicy. No permissions = any; no principals = any. */
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
  /** Istio's attribute: `host`, `method`, `path`, `port`, `source.ip`, `remote.ip`, `request.headers[x]`, `request.auth.claims[a][b]`, … */
  attribute: string;
  values: RbacValue[];
  notValues: RbacValue[];
}
export type RbacValue =
  | StringMatch
  | { kind: 'present' }
  | { kind: 'cidr'; value: string }
  | { kind: 'port'; value: number }
  | { kind: 'template'; value: string }
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
  clearRouteCache: boolean;
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
  tokenBucket?: TokenBucket;
  descriptors: { entries: { key: string; value?: string }[]; tokenBucket: TokenBucket }[];
  rateLimits: { actions: RateLimitAction[] }[];
  /** Percent of requests for which the filter runs, and for which it acts; absent in the YAML = 0. */
  filterEnabled: number;
  filterEnforced: number;
  status: number;
  responseHeadersToAdd: HeaderValue[];
  requestHeadersToAddWhenNotEnforced: HeaderValue[];
  stage: number;
  enableXRatelimitHeaders: boolean;
  vhRateLimits: 'OVERRIDE' | 'INCLUDE' | 'IGNORE';
  alwaysConsumeDefaultTokenBucket: boolean;
  maxDynamicDescriptors: number;
}
export interface HeaderValue {
  name: string;
  value: string;
  append: boolean;
}

export interface RateLimit {
  kind: 'ratelimit';
  name: string;
  domain: string;
  stage: number;
  requestType: 'internal' | 'external' | 'both';
  timeoutMs: number;
  failureModeDeny: boolean;
  enableXRatelimitHeaders: boolean;
  disableXEnvoyRatelimitedHeader: boolean;
  rateLimitedStatus: number;
  statusOnError: number;
  responseHeadersToAdd: HeaderValue[];
  rateLimitedAsResourceExhausted: boolean;
  /** Percent, 0..100. */
  filterEnabled: number;
  filterEnforced: number;
  /** The limits of this domain, from the ratelimit service's own configuration; absent: the service is unknown here. */
  limits?: LimitDomain;
}

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
  descriptors?: LimitDescriptor[];
}
export interface LimitRule {
  unit?: 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'YEAR';
  requestsPerUnit: number;
  unlimited?: boolean;
  name?: string;
  replaces?: string[];
}

/** Envoy's RateLimit.Action, one of; field names as in Envoy's JSON, camelCase. */
export type RateLimitAction = { kind: string } & Record<string, unknown>;
