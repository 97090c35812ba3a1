/** What the host needs of the place where it runs: the edge gives it an isolate's, the test harness gives fakes. */
import type { LogLevel } from './abi.ts';
import type { HeaderMap } from './header-map.ts';
import type { Metrics } from './metrics.ts';
import type { SharedData } from './shared-data.ts';
import type { SharedQueues } from './shared-queues.ts';

export interface Host {
  /** Unix time. At the edge the clock stands still while code runs. */
  nowMs(): number;
  /** Since some fixed point; never runs backwards. */
  monotonicMs(): number;
  random(bytes: Uint8Array): void;
  log(level: LogLevel, message: string, plugin: PluginConfig): void;
  logLevel: LogLevel;
  metrics: Metrics;
  shared: SharedData;
  queues: SharedQueues;
  /** Runs a callback; a test harness bounds its time here. Absent at the edge, where the platform does. */
  guard?: (callback: () => number) => number;
}

export type FailStrategy = 'FAIL_CLOSED' | 'FAIL_OPEN' | 'FAIL_RELOAD';

/** One configured use of a module. */
export interface PluginConfig {
  /** `<namespace>.<name>`; get_property("plugin_name"). */
  name: string;
  rootId: string;
  vmId: string;
  /** As the plugin reads it; '' is NotFound for the plugin, as in Envoy. */
  configuration: string;
  /** What wasi's environ_get shows. */
  env: Readonly<Record<string, string>>;
  failStrategy: FailStrategy;
}

export interface CalloutRequest {
  cluster: string;
  /** With the pseudo headers `:method`, `:path`, `:authority`. */
  headers: [name: string, value: string][];
  body: Uint8Array;
  /** 0: no limit of its own. */
  timeoutMs: number;
}

/** `:status` stands in the headers. A target that cannot be reached is a 503 answer, as Envoy's client gives it. */
export interface CalloutAnswer {
  headers: [name: string, value: string][];
  body: Uint8Array;
  trailers: [name: string, value: string][];
}

export interface Callouts {
  has(cluster: string): boolean;
  /** Never rejects: failures are answers. */
  send(request: CalloutRequest): Promise<CalloutAnswer>;
}

/** An answer that a filter gives itself (proxy_send_local_response), or the host for a filter that failed. */
export interface FilterReply {
  status: number;
  body: Uint8Array;
  headers: [name: string, value: string][];
  /** -1: as follows from the HTTP status. */
  grpcStatus: number;
  details: string;
}

export type Direction = 'request' | 'response';

/** What one request is for its filter, and what the filter can do to it. */
export interface Stream {
  readonly attributes: Attributes;
  /** Values of set_property, shared by the filters of one request, under `wasm.<key>`. */
  readonly filterState: Map<string, Uint8Array>;
  readonly callouts: Callouts;
  resume(direction: Direction): void;
  reply(reply: FilterReply): void;
  /** close_stream: nothing more goes to the client. */
  reset(): void;
  /** The filter's VM is gone: this request gets 503. */
  fail(): void;
  clearRouteCache(): void;
  /** Its client is long gone, and nobody will end it. */
  abandon(): void;
}

/** What get_property shows of a request besides its headers. undefined: NotFound. */
export interface Attributes {
  protocol(): string | undefined;
  startTimeMs(): number;
  /** Once the request is complete. */
  durationMs(): number | undefined;
  /** Body bytes that have arrived / been sent so far. */
  requestSize(): number;
  responseSize(): number;
  responseCode(): number | undefined;
  responseDetails(): string | undefined;
  /** Envoy's bit set. */
  responseFlags(): number;
  sourceAddress(): string | undefined;
  sourcePort(): number | undefined;
  destinationAddress(): string | undefined;
  destinationPort(): number | undefined;
  mtls(): boolean;
  tlsVersion(): string | undefined;
  requestedServerName(): string | undefined;
  upstreamAddress(): string | undefined;
  upstreamPort(): number | undefined;
  clusterName(): string | undefined;
  routeName(): string | undefined;
}

/** The lines that a filter sees while on_log runs. */
export interface LogView {
  requestHeaders: HeaderMap;
  responseHeaders: HeaderMap | null;
}
