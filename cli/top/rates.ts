/** What happened between two readings of `/stats/prometheus`, by destination. */
import { labelsOf, sampleIn } from '../sample.ts';

export interface Rates {
  /** `reviews.default.svc.cluster.local`, with its subset behind a `/`; `-`: answered by the gateway itself. */
  destination: string;
  /** Requests a second. */
  rate: number;
  /** Shares of all answers, 0..1. */
  clientErrors: number;
  serverErrors: number;
  /** Milliseconds; the limit of the histogram's bucket, since no more is known. */
  p50: number;
  p99: number;
}

const REQUESTS = 'istio_requests_total';
const DURATIONS = 'istio_request_duration_milliseconds_bucket';

interface Destination {
  /** By response code. */
  codes: Map<string, number>;
  /** By upper limit; cumulative, as Prometheus has it. */
  buckets: Map<number, number>;
}
type Reading = Map<string, Destination>;

/** Destinations with requests in between, the busiest first. */
export function ratesBetween(before: string, after: string, seconds: number): Rates[] {
  const first = read(before);
  return [...read(after)]
    .map(([destination, now]) => ratesOf(destination, difference(now, first.get(destination)), seconds))
    .filter(({ rate }) => rate > 0)
    .sort((a, b) => b.rate - a.rate);
}

function read(text: string): Reading {
  const reading: Reading = new Map();
  for (const line of text.split('\n')) {
    const sample = sampleIn(line);
    if (sample?.name !== REQUESTS && sample?.name !== DURATIONS) continue;
    const labels = labelsOf(sample);
    const found = destinationOf(reading, labels);
    if (sample.name === REQUESTS) add(found.codes, labels.response_code ?? '', sample.value);
    else add(found.buckets, labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le), sample.value);
  }
  return reading;
}

function destinationOf(reading: Reading, labels: Record<string, string>): Destination {
  const { destination_service: service = 'unknown', destination_version: subset = 'unknown' } = labels;
  const name = service === 'unknown' ? '-' : subset === 'unknown' ? service : `${service}/${subset}`;
  const found = reading.get(name) ?? { codes: new Map(), buckets: new Map() };
  reading.set(name, found);
  return found;
}

function add<Key>(counts: Map<Key, number>, key: Key, value: number): void {
  counts.set(key, (counts.get(key) ?? 0) + value);
}

/** A process that started anew counts from nothing: what it has now is what happened. */
function difference(now: Destination, before: Destination | undefined): Destination {
  const subtract = <Key>(counts: Map<Key, number>, earlier: Map<Key, number> | undefined) =>
    new Map(
      [...counts].map(([key, value]) => {
        const was = earlier?.get(key) ?? 0;
        return [key, value < was ? value : value - was];
      }),
    );
  return { codes: subtract(now.codes, before?.codes), buckets: subtract(now.buckets, before?.buckets) };
}

function ratesOf(destination: string, { codes, buckets }: Destination, seconds: number): Rates {
  const total = [...codes.values()].reduce((sum, value) => sum + value, 0);
  const share = (test: (code: number) => boolean) =>
    [...codes].reduce((sum, [code, value]) => sum + (test(Number(code)) ? value : 0), 0) / (total || 1);
  return {
    destination,
    rate: total / seconds,
    clientErrors: share((code) => code >= 400 && code < 500),
    // A client that went away before the answer has no code.
    serverErrors: share((code) => code >= 500),
    p50: quantile(buckets, 0.5),
    p99: quantile(buckets, 0.99),
  };
}

function quantile(buckets: ReadonlyMap<number, number>, part: number): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const wanted = (sorted.at(-1)?.[1] ?? 0) * part;
  return sorted.find(([, count]) => count >= wanted)?.[0] ?? 0;
}
