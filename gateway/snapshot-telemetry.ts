/** Access logs and traces, as MeshConfig, ProxyConfig and Telemetry objects ask for them. */

export interface AccessLog {
  /** Envoy's format string, or a JSON object whose values are format strings. */
  format: { text: string } | { json: Record<string, unknown> };
  /** CEL expression of a Telemetry object; absent = every request. */
  filter?: string;
}

export interface Tracing {
  /** Percent of requests that start a trace, 0..100. */
  randomSampling: number;
  provider: { kind: 'zipkin' | 'opentelemetry'; cluster: string; path: string };
  customTags: Record<
    string,
    { literal: string } | { header: string; defaultValue?: string } | { environment: string; defaultValue?: string }
  >;
}
