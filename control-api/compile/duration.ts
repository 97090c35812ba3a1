/** Durations as the Kubernetes API carries them: protobuf's `1.5s` and Go's `1h30m` alike. */
const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;

/** Milliseconds, fractions kept; undefined when absent or not a duration. Go: time.ParseDuration. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (value === '0') return 0;
  const text = value.replace(/^[+-]/, '');
  let total = 0;
  let end = 0;
  for (const [part, amount = '', unit = ''] of text.matchAll(PART)) {
    total += Number(amount) * (UNITS[unit] ?? 0);
    end += part.length;
  }
  if (text === '' || end !== text.length) return undefined;
  return value.startsWith('-') ? -total : total;
}

/** Whole milliseconds as the Snapshot wants them; anything above nothing is at least 1. */
export function wholeMs(value: unknown): number | undefined {
  const ms = durationMs(value);
  return ms === undefined ? undefined : ms > 0 ? Math.max(1, Math.round(ms)) : 0;
}
