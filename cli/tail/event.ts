/**
 * What Cloudflare tells about one request of a Worker (Workers docs, "Tail Workers": TraceItem), as lines: those of the
 * gateway's own access log where it is one of Istio's two, else what the platform itself saw.
 */
import { ISTIO_JSON_FIELDS, ISTIO_TEXT_FORMAT } from '../../gateway/telemetry/istio-format.ts';
import type { Line } from './line.ts';

export interface TailEvent {
  /** `ok`, `exception`, `exceededCpu`, `canceled` … */
  outcome: string;
  /** Milliseconds since 1970. */
  eventTimestamp: number | null;
  /** Milliseconds. */
  wallTime?: number;
  logs: { message: unknown[] }[];
  /** Without `request`: something else than a request, a Durable Object's alarm say. */
  event: {
    request?: { method: string; url: string; headers?: Record<string, string> };
    response?: { status: number };
  } | null;
}

const KEYS = Object.keys(ISTIO_JSON_FIELDS) as (keyof Line)[];
const NUMBERS: ReadonlySet<keyof Line> = new Set([
  'response_code',
  'bytes_received',
  'bytes_sent',
  'duration',
] as const);

/** None for what is no request. */
export function linesOf(event: TailEvent): Line[] {
  const messages = event.logs.flatMap(({ message }) => message).filter((part) => typeof part === 'string');
  const logged = messages.map((text) => fromJson(text) ?? fromText(text)).filter((line) => line !== undefined);
  if (logged.length > 0) return logged;
  const seen = fromPlatform(event);
  return seen ? [seen] : [];
}

/** Keys that are missing are null, so that every line has all of them. */
function lineOf(values: Partial<Line>): Line {
  return Object.fromEntries(KEYS.map((key) => [key, values[key] ?? null])) as Line;
}

function fromJson(text: string): Line | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const values = JSON.parse(text) as Partial<Line>;
    return values.response_code !== undefined && values.start_time !== undefined ? lineOf(values) : undefined;
  } catch {
    return undefined;
  }
}

/** Istio's text, read backwards: every operator of it has a key in Istio's JSON. */
const OPERATOR = /%[A-Z_]+(?:\([^)]*\))?%/g;
const TEXT_KEYS = (ISTIO_TEXT_FORMAT.match(OPERATOR) ?? []).map(
  (operator) => KEYS.find((key) => ISTIO_JSON_FIELDS[key] === operator)!,
);
const TEXT_LINE = new RegExp(
  `^${ISTIO_TEXT_FORMAT.trimEnd()
    .split(OPERATOR)
    .map((literal) => literal.replace(/[^\w ]/g, '\\$&'))
    .join('(.*?)')}$`,
);

function fromText(text: string): Line | undefined {
  const match = TEXT_LINE.exec(text);
  if (!match) return undefined;
  return lineOf(Object.fromEntries(TEXT_KEYS.map((key, index) => [key, typed(key, match[index + 1]!)])));
}

function typed(key: keyof Line, text: string): string | number | null {
  if (text === '-') return key === 'response_flags' ? text : null;
  return NUMBERS.has(key) ? Number(text) : text;
}

function fromPlatform({ event, outcome, eventTimestamp, wallTime }: TailEvent): Line | undefined {
  if (!event?.request) return undefined;
  const { method, url, headers = {} } = event.request;
  const { host, pathname, search } = new URL(url);
  return lineOf({
    start_time: eventTimestamp === null ? null : new Date(eventTimestamp).toISOString(),
    method,
    authority: host,
    path: pathname + search,
    response_code: event.response?.status ?? null,
    response_code_details: outcome === 'ok' ? null : outcome,
    duration: wallTime ?? null,
    user_agent: headers['user-agent'] ?? null,
  });
}
