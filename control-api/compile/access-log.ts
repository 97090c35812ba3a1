/** MeshConfig's access log: accessLogFile switches it on, accessLogFormat and accessLogEncoding say how a line looks. */
import type { AccessLog } from '../../gateway/snapshot.ts';
import { ISTIO_JSON_FIELDS, ISTIO_TEXT_FORMAT } from '../../gateway/telemetry/istio-format.ts';

/** The mesh-wide logs where no Telemetry object and no default provider says anything. */
export function meshAccessLogs(mesh: Record<string, unknown>): AccessLog[] {
  return mesh.accessLogFile ? [{ format: meshFormat(mesh) }] : [];
}

/** accessLogFormat in the encoding of accessLogEncoding, TEXT or JSON. */
export function meshFormat(mesh: Record<string, unknown>): AccessLog['format'] {
  const format = typeof mesh.accessLogFormat === 'string' ? mesh.accessLogFormat : '';
  if (mesh.accessLogEncoding === 'JSON' || mesh.accessLogEncoding === 1)
    return { json: jsonFields(format) ?? ISTIO_JSON_FIELDS };
  return formatOf({ text: format });
}

/** A provider's logFormat; Istio's own text where it says nothing. */
export function formatOf(spec: { text?: string; labels?: Record<string, unknown> } = {}): AccessLog['format'] {
  if (spec.labels) return { json: { ...spec.labels } };
  return { text: spec.text ? withNewline(spec.text) : ISTIO_TEXT_FORMAT };
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
