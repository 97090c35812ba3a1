/**
 * Whether isolates should tell each other of a dead endpoint: a simulation of five minutes in which one of ten endpoints
 * answers nothing but 500. Each isolate counts by itself, as Istio's replicas do, or asks a shared place every second or ten
 * for what others have ejected. Prints failed answers and calls to the shared place, each a minute.
 * Run: node_modules/node/bin/node bench/shared-health.ts; takes a second.
 */
import { table } from './table.ts';

const MINUTES = 5;
const ENDPOINTS = 10;
/** Envoy's defaults, which are Istio's: failures in a row, milliseconds of the first ejection. */
const CONSECUTIVE = 5;
const BASE_MS = 30_000;
/** Milliseconds until an ejection can be seen by others. */
const LATENCY_MS = 20;

interface Isolate {
  failures: number;
  ejections: number;
  ejectedUntil: number;
  askedAt: number;
}

interface Outcome {
  failed: number;
  calls: number;
}

/** @param rate requests a second over all isolates; @param askMs Infinity: nothing is shared */
function simulate(isolates: number, rate: number, askMs: number): Outcome {
  const all = Array.from(
    { length: isolates },
    (): Isolate => ({ failures: 0, ejections: 0, ejectedUntil: 0, askedAt: 0 }),
  );
  const outcome = { failed: 0, calls: 0 };
  let shared = { from: 0, until: 0 };
  for (let now = 0; now < MINUTES * 60_000; now += 1000 / rate) {
    const isolate = all[Math.floor(Math.random() * isolates)]!;
    if (now - isolate.askedAt >= askMs) {
      isolate.askedAt = now;
      outcome.calls++;
      if (shared.from <= now) isolate.ejectedUntil = Math.max(isolate.ejectedUntil, shared.until);
    }
    if (now < isolate.ejectedUntil || Math.random() >= 1 / ENDPOINTS) continue;
    outcome.failed++;
    if (++isolate.failures < CONSECUTIVE) continue;
    isolate.failures = 0;
    isolate.ejectedUntil = now + BASE_MS * ++isolate.ejections;
    if (askMs === Number.POSITIVE_INFINITY) continue;
    outcome.calls++;
    if (shared.until < isolate.ejectedUntil) shared = { from: now + LATENCY_MS, until: isolate.ejectedUntil };
  }
  return { failed: outcome.failed / MINUTES, calls: outcome.calls / MINUTES };
}

const rows = [2, 16, 64].flatMap((isolates) =>
  [100, 1000].map((rate) => {
    const [apart, second, ten] = [Number.POSITIVE_INFINITY, 1000, 10_000].map((ms) => simulate(isolates, rate, ms));
    const cell = ({ failed, calls }: Outcome) => `${failed.toFixed(0)} (${calls.toFixed(0)})`;
    const percent = ((100 * apart!.failed) / (rate * 60)).toFixed(2);
    return [String(isolates), String(rate), `${apart!.failed.toFixed(0)} (${percent} %)`, cell(second!), cell(ten!)];
  }),
);
console.log(table(['isolates', 'requests a second', 'each by itself', 'asking every second', 'every ten'], rows));
