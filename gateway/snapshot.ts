/**
 * The Snapshot: every Resource compiled into plain, sorted, immutable JSON. It is the only thing that the two halves
 * of Bowsprit share: control-api writes it, gateway reads it. No class, no function, no date, no undefined in it, so
 * that the same input always gives the same bytes and `id` can be their hash.
 *
 * Names are Envoy's where Envoy has one (listener, virtual host, route, cluster) and the API field's own otherwise.
 * Durations are whole milliseconds, percentages are 0..100 with fractions.
 */

import type { HttpFilter, LimitDomain, PerFilterConfig, RateLimitPolicy } from './snapshot-filters.ts';
import type { AccessLog, Tracing } from './snapshot-telemetry.ts';
import type { Cluster } from './snapshot-upstream.ts';

export type * from './snapshot-filters.ts';
export type * from './snapshot-telemetry.ts';
export type * from './snapshot-upstream.ts';

export interface Snapshot {
  /** First 16 hex digits of the SHA-256 of the canonical JSON of everything else in here. */
  id: string;
  mesh: MeshSettings;
  /** Sorted by port; one for each port that some Gateway opens. */
  listeners: Listener[];
  /** By Envoy's name: `http.80`, or `https.443.https-443.gw.default` for a TLS server, which has its own table. */
  routeTables: Record<string, RouteTable>;
  /** By Istio's cluster name, `outbound|8080|v1|reviews.default.svc.cluster.local`. */
  clusters: Record<string, Cluster>;
  /** The limits of the rate-limit service by domain. Absent: none could ever be loaded, so that every call fails. */
  limitDomains?: Record<string, LimitDomain>;
}

/** What of MeshConfig and ProxyConfig touches a request. */
export interface MeshSettings {
  /** gatewayTopology.numTrustedProxies: how many entries from the right of X-Forwarded-For are the user's own proxies. */
  numTrustedProxies: number;
  /** MeshConfig.pathNormalization; DEFAULT is resolved to BASE. */
  pathNormalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';
  proxyHeaders?: ProxyHeaders;
  /** The proxy's node cluster, e.g. `istio-ingressgateway.istio-system`; source_cluster in rate-limit descriptors. */
  nodeCluster: string;
  accessLog: AccessLog[];
  tracing?: Tracing;
}

/** defaultConfig.proxyHeaders and gatewayTopology.forwardClientCertDetails, as far as they differ from what Istio does by itself. */
export interface ProxyHeaders {
  /** `server` of every answer; null: whatever the upstream says. */
  server?: string | null;
  /** x-request-id stays the client's. */
  requestId?: false;
  attemptCount?: false;
  /** The x-envoy-… headers by which the router explains itself. */
  debugHeaders?: false;
  forwardedPort?: true;
  /** What becomes of x-forwarded-client-cert; SANITIZE_SET otherwise. */
  clientCertificate?: 'SANITIZE' | 'FORWARD_ONLY' | 'APPEND_FORWARD' | 'ALWAYS_FORWARD_ONLY';
}

export interface Listener {
  /** Envoy's name, `0.0.0.0_80`. */
  name: string;
  /** The Gateway's port; `serve` maps it to a local one. */
  port: number;
  /** A plain listener has exactly one server; a TLS listener has one for each Gateway server, chosen by SNI. */
  servers: Server[];
  /** In the order in which a request meets them; `phase` says where each belongs (see phases.ts). */
  httpFilters: HttpFilter[];
  /** Settings of the connection manager that an EnvoyFilter changed. */
  connection?: ConnectionSettings;
}

export interface ConnectionSettings {
  /** The `server` header of answers. */
  serverName?: string;
  mergeSlashes?: boolean;
  /** The authority loses its port before anybody looks at it. */
  stripAnyHostPort?: boolean;
  xffNumTrustedHops?: number;
}

export interface Server {
  /** `<port name>.<gateway>.<namespace>` */
  name: string;
  /** Gateway hosts without their namespace part, lower case; `*` or `*.suffix` allowed. Used as SNI match when tls is set. */
  hosts: string[];
  tls?: ServerTls;
  routeTable: string;
}

export interface ServerTls {
  mode: 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL' | 'ISTIO_MUTUAL';
  credentialName?: string;
  /** The Secret with the clients' CA, where it is another one than the server's. */
  caCertCredentialName?: string;
  minProtocolVersion?: string;
  maxProtocolVersion?: string;
  /** OpenSSL's names; of TLS 1.2 and before. */
  cipherSuites?: string[];
  /** Of mutual TLS. */
  clientCertificate?: ClientCertificateCheck;
}

export interface ClientCertificateCheck {
  /** Any of them, exactly. */
  subjectAltNames?: string[];
  /** SHA-256 of the certificate, hexadecimal. */
  hashes?: string[];
  /** SHA-256 of its public key, base64. */
  spkis?: string[];
}

export interface RouteTable {
  name: string;
  /** Sorted by first domain. */
  virtualHosts: VirtualHost[];
}

export interface VirtualHost {
  /** `<domain>:<port>`, as Istio names it and as EnvoyFilters match it. */
  name: string;
  /** Lower case, without port: exact, `*.suffix` or `*`. */
  domains: string[];
  /** In the order in which they are tried; the first that matches wins. */
  routes: Route[];
  /** A Gateway server with httpsRedirect: every request of these domains gets a 301 to https before any route. */
  requireTls?: boolean;
  rateLimits?: RateLimitPolicy[];
  /** typed_per_filter_config, by filter name. */
  perFilterConfig?: Record<string, PerFilterConfig>;
}

/**
 * Where a part of the Snapshot came from; for explain, access logs and findings. Never used to decide. No file and line:
 * a comment more must not make another Snapshot. Who has the Resources finds the place by `path`.
 */
export interface Origin {
  kind: string;
  namespace: string;
  name: string;
  /** e.g. `http[2].match[0]` */
  path?: string;
}

export interface Route {
  /** Istio's route name: HTTPRoute.name, with `.<match name>` where the match has one. Empty when unnamed. */
  name: string;
  match: RouteMatch;
  action: RouteAction;
  /** route level; see `Destination.headers` for destination level. Already in Envoy's form. */
  headers?: HeaderOperations;
  /** Those of its virtual host and of the route table, which Envoy carries out behind the route's, one after the other. */
  outerHeaders?: { virtualHost?: HeaderOperations; table?: HeaderOperations };
  fault?: Fault;
  cors?: Cors;
  rateLimits?: RateLimitPolicy[];
  includeVhRateLimits?: boolean;
  perFilterConfig?: Record<string, PerFilterConfig>;
  /** Envoy's filter_metadata of the route, by filter name. */
  metadata?: Record<string, Record<string, unknown>>;
  origin: Origin;
}

/** All conditions must hold. An absent one always holds. */
export interface RouteMatch {
  /** On the normalised path without the query. */
  path?: PathMatch;
  caseInsensitive?: boolean;
  /** :method, :scheme and :authority, lower-cased pseudo names kept as Envoy has them, and ordinary headers. */
  headers?: HeaderMatch[];
  queryParams?: QueryParamMatch[];
  /** `@request.auth.claims…`; such a route can only be chosen after authentication. */
  claims?: ClaimMatch[];
}

export type PathMatch = { kind: 'exact' | 'prefix' | 'regex'; value: string };

/** `present`: any value will do, an empty one too. Regexes are RE2 and must match the whole value. */
export type StringMatch = {
  kind: 'exact' | 'prefix' | 'suffix' | 'contains' | 'regex';
  value: string;
  ignoreCase?: boolean;
};

export interface HeaderMatch {
  /** Lower case; `:method`, `:scheme`, `:authority`, `:path` for the pseudo headers. */
  name: string;
  match: StringMatch | { kind: 'present' };
  /** withoutHeaders: the route fails when a line matches; a missing header passes. */
  invert?: boolean;
}

export interface QueryParamMatch {
  name: string;
  match: StringMatch | { kind: 'present' };
}

export interface ClaimMatch {
  /** `['groups', 'nested']` of `@request.auth.claims.groups.nested` or `[groups][nested]`. */
  path: string[];
  match: StringMatch | { kind: 'present' };
  invert?: boolean;
}

export type RouteAction = ForwardAction | RedirectAction | DirectResponseAction;

export interface ForwardAction {
  kind: 'forward';
  /** At least one. With one, its weight is not looked at. */
  destinations: Destination[];
  rewrite?: Rewrite;
  mirrors?: Mirror[];
  /** Whole answer, body included, without fault delay. 0 = none. */
  timeoutMs: number;
  retry?: RetryPolicy;
  /**
   * The mesh entry's name for `timeoutMs` and `retry`. Where it is present and the destination lies behind the entry, the entry
   * carries both out, and the edge tries again only what did not get there.
   */
  entryPolicy?: string;
  hashPolicy?: HashPolicy[];
}

export interface Destination {
  cluster: string;
  weight: number;
  headers?: HeaderOperations;
  /** The host that this destination's headers set, as written; `Rewrite.authority` of the route goes before it. */
  authority?: string;
}

/**
 * Applied remove, then set, then add (Envoy: header_mutation order as captured). Values are Envoy format strings (`%REQ(x)%`, `%%`).
 * With one destination the route's are applied before the destination's, with several after them: the gateway reads
 * `ForwardAction.destinations.length` for that.
 */
export interface HeaderOperations {
  request?: HeaderOperation;
  response?: HeaderOperation;
}
export interface HeaderOperation {
  set?: HeaderFormat[];
  add?: HeaderFormat[];
  remove?: string[];
}
export type HeaderFormat = [name: string, format: string, condition?: HeaderCondition];
/** Envoy's append_action and keep_empty_value, as EnvoyFilters may give them. */
export interface HeaderCondition {
  /** Only where the header is already there, or is not yet, when nothing but removals has been done. */
  only?: 'present' | 'absent';
  /** An empty value is sent too. */
  keepEmpty?: true;
}

export interface Rewrite {
  /** Replaces the part that the match's prefix matched (or the whole path for an exact or regex match). */
  prefix?: string;
  path?: string;
  /** RE2 with `\1` substitutions; every occurrence; the query is left alone. */
  regex?: { pattern: string; substitution: string };
  authority?: string;
  /** The host that was asked for goes into x-forwarded-host. */
  tellsForwardedHost?: true;
}

export interface RedirectAction {
  kind: 'redirect';
  status: 301 | 302 | 303 | 307 | 308;
  path?: string;
  prefixRewrite?: string;
  authority?: string;
  port?: number;
  scheme?: string;
}

export interface DirectResponseAction {
  kind: 'direct';
  status: number;
  /** The body as text (`string`) or base64 (`bytes`). */
  body?: { string: string } | { bytes: string };
}

export interface Mirror {
  cluster: string;
  percentage: number;
  /** MeshConfig / DISABLE_SHADOW_HOST_SUFFIX=false: append `-shadow` to the authority. */
  shadowSuffix?: boolean;
}

export interface RetryPolicy {
  /** Extra tries; 0 = none. */
  attempts: number;
  perTryTimeoutMs?: number;
  /** Envoy's retry_on words, split: `connect-failure`, `5xx`, … */
  retryOn: string[];
  retriableStatusCodes: number[];
  /** previous_hosts predicate: do not pick a host that was already tried. */
  ignorePreviousHosts: boolean;
  retryRemoteLocalities?: boolean;
  /** Base interval of the jittered exponential back-off. */
  backoffMs: number;
}

export interface Fault {
  delay?: { percentage: number; fixedDelayMs: number };
  abort?: { percentage: number; httpStatus?: number; grpcStatus?: number };
}

export interface Cors {
  allowOrigins: StringMatch[];
  /** Joined by "," as configured; absent = header not sent. */
  allowMethods?: string;
  allowHeaders?: string;
  exposeHeaders?: string;
  /** Seconds, as the header wants it. */
  maxAge?: string;
  allowCredentials?: boolean;
  /** unmatchedPreflights: FORWARD / UNSPECIFIED pass an unknown origin's preflight on; IGNORE too, see capture. */
  forwardNotMatchingPreflights: boolean;
}

export type HashPolicy =
  | { kind: 'header'; name: string }
  /** ttlMs present (0 too: a session cookie): the gateway makes the cookie when the client has none. */
  | { kind: 'cookie'; name: string; path?: string; ttlMs?: number; attributes?: { name: string; value: string }[] }
  | { kind: 'sourceIp' }
  | { kind: 'queryParameter'; name: string };
