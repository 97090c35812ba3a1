/** MeshConfig's access log: accessLogFile switches it on, accessLogFormat and accessLogEncoding say how a line looks. */
import type { AccessLog } from '../../gateway/snapshot.ts';

/** Istio's default line (pilot: EnvoyTextLogFormat). */
const TEXT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';

/** The same fields as JSON, with Istio's keys. */
const JSON_FIELDS: Record<string, string> = {
  authority: '%REQ(:AUTHORITY)%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  duration: '%DURATION%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  request_id: '%REQ(X-REQUEST-ID)%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  response_code: '%RESPONSE_CODE%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  response_flags: '%RESPONSE_FLAGS%',
  route_name: '%ROUTE_NAME%',
  start_time: '%START_TIME%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  user_agent: '%REQ(USER-AGENT)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
};

/** The mesh-wide logs where no Telemetry object and no default provider says anything. */
export function meshAccessLogs(mesh: Record<string, unknown>): AccessLog[] {
  return mesh.accessLogFile ? [{ format: meshFormat(mesh) }] : [];
}

/** accessLogFormat in the encoding of accessLogEncoding, TEXT or JSON. */
export function meshFormat(mesh: Record<string, unknown>): AccessLog['format'] {
  const format = typeof mesh.accessLogFormat === 'string' ? mesh.accessLogFormat : '';
  if (mesh.accessLogEncoding === 'JSON' || mesh.accessLogEncoding === 1)
    return { json: jsonFields(format) ?? JSON_FIELDS };
  return formatOf({ text: format });
}

/** A provider's logFormat; Istio's own text where it says nothing. */
export function formatOf(spec: { text?: string; labels?: Record<string, unknown> } = {}): AccessLog['format'] {
  if (spec.labels) return { json: { ...spec.labels } };
  return { text: spec.text ? withNewline(spec.text) : TEXT };
}

const withNewline = (format: string): string => (format.endsWith('\n') ? format : `${format}\n`);

/** The user's fields; undefined when they gave none or something that is no JSON object (Istio then takes its own). */
function jsonFields(format: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(format);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
