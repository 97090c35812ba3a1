/**
 * One request and its answer on their way through the phases. Phases read and write this, never Request or Response
 * themselves, so that headers are copied once however many phases change them.
 */
import type { Endpoint, Listener, Route, Snapshot, VirtualHost } from './snapshot.ts';
import type { ResponseFlag } from './telemetry/flags.ts';
import type { FilterScope } from './wasm/filter-scope.ts';

/** Verified claims of a token, as JSON. */
export type Claims = Record<string, unknown>;

/**
 * The header view of one direction: what the next phase and in the end the peer sees. Names are lower case. Repeated
 * request lines arrive joined by ", " from workerd; `lines` splits nothing and so returns one line for them.
 */
export interface HeaderView {
  get(name: string): string | null;
  /** Of a repeated header the first line, as far as lines are known apart: those that were appended here. */
  first(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  remove(name: string): void;
  /** How many headers there are. */
  readonly size: number;
  /** All pairs in the peer's order; repeated response lines (Set-Cookie) stay apart. */
  entries(): Iterable<[name: string, value: string]>;
}

export interface Exchange {
  readonly snapshot: Snapshot;
  readonly listener: Listener;
  /** Absent: 404, but listener-wide phases (JWT, RBAC, Wasm) run all the same, as in Envoy. */
  virtualHost: VirtualHost | undefined;
  route: Route | undefined;

  method: string;
  /** Of the transport, or of X-Forwarded-Proto when proxies are trusted. */
  readonly scheme: string;
  /** As the client sent it, with its port and case. */
  authority: string;
  /** Normalised path with query: what is matched, authorised and (rewritten) forwarded. */
  path: string;
  /** The direct peer; `principal` is the URI of the certificate it showed (`spiffe://…`), where the platform tells. */
  readonly peer: { address: string; port: number; principal?: string | undefined };
  /** The name the client asked for in TLS (SNI), where the platform tells. */
  readonly serverName?: string | undefined;
  /** The trusted client address (X-Forwarded-For honoured as numTrustedProxies says). */
  readonly clientAddress: string;
  readonly requestHeaders: HeaderView;
  /** The client's body, unread, or null. Reading it is buffering: only phases that must do so may. */
  body: ReadableStream<Uint8Array> | null;
  /** Set from the moment an upstream or a phase has answered. */
  status: number;
  responseHeaders: HeaderView;
  responseBody: ReadableStream<Uint8Array> | string | Uint8Array | null;

  /** jwt_authn's dynamic metadata as Istio names it: `payload` holds the claims of the token that passed last. */
  readonly verified: Map<string, Claims>;
  /** Further dynamic metadata by filter name, for %DYNAMIC_METADATA()% and rate-limit actions. */
  readonly metadata: Map<string, Record<string, unknown>>;
  readonly flags: Set<ResponseFlag>;
  /** %RESPONSE_CODE_DETAILS% */
  details: string;
  /** Milliseconds, Date.now() at the start. */
  readonly startTime: number;
  /** What the router did, for access logs, header operators and metrics. */
  readonly upstream: UpstreamInfo;
  /** Which of the route's weighted destinations this request goes to; undefined until somebody asks. */
  destination: number | undefined;
  /** The route's operations on response headers; they touch local replies too (see answerLocally). Set with the route. */
  routeHeaders: ((headers: HeaderView, exchange: Exchange) => void) | undefined;
  /** What its Wasm filters share; undefined until the first one is entered. */
  filters: FilterScope | undefined;
  waitUntil(promise: Promise<unknown>): void;
  /** The bindings of the Worker (counters, filters, upstream services). */
  readonly env: Readonly<Record<string, unknown>>;
}

/** Filled by the router as it goes. */
export interface UpstreamInfo {
  cluster: string | undefined;
  endpoint: Endpoint | undefined;
  /** Tries so far; 0 while nothing was sent. */
  attempts: number;
  /** Why the last try failed, in Envoy's words; %UPSTREAM_TRANSPORT_FAILURE_REASON%. */
  failure: string | undefined;
}

/** An answer that a phase gives itself. It passes the response phases of those already entered, in reverse order. */
export interface LocalReply {
  status: number;
  body: string | Uint8Array;
  contentType?: string;
  headers?: [name: string, value: string][];
  /** What the configuration of the filter that answers does to the answer's headers, behind all others. */
  edit?: (headers: HeaderView, exchange: Exchange) => void;
  flag?: ResponseFlag;
  details: string;
  /** grpc-status for a gRPC client, where it is not the one that follows from the HTTP status. */
  grpcStatus?: number;
  /** The route's own answer, a redirect or a direct response. */
  ofRoute?: boolean;
  /** Sent as it is: no response headers of the route, no gRPC form. A CORS preflight's answer is (captured). */
  bare?: boolean;
}

/** undefined: go on; a reply: answer here; 'reroute': choose the route again (claims, clear_route_cache). */
export type Verdict = undefined | LocalReply | 'reroute';
