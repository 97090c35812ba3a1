/** One request as `bowsprit tail` gives it: the fields of Istio's JSON access log, under Istio's keys. */
import type { ISTIO_JSON_FIELDS } from '../../gateway/telemetry/istio-format.ts';

/** null: there is no such value for this request. Durations are in milliseconds, sizes in bytes. */
export type Line = Record<keyof typeof ISTIO_JSON_FIELDS, string | number | null>;

/** Some requests were not given, because whoever follows took them too slowly. */
export interface Dropped {
  dropped: number;
}

/** From JSON text, a line of `/tail`; undefined for an empty one, which only says that the other end lives. */
export function parseLine(text: string): Line | Dropped | undefined {
  return text === '' ? undefined : (JSON.parse(text) as Line | Dropped);
}
