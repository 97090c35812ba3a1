/**
 * The limiter of a Snapshot. Held permits and exhausted limits outlive the Snapshot they were learned under: a counter's
 * name does not depend on the configuration, so a new one goes on with the same counts.
 */
import type { Exchange } from '../exchange.ts';
import type { Snapshot } from '../snapshot.ts';
import { CounterClient } from './counters/client.ts';
import type { CounterStore } from './counters/protocol.ts';
import { counterStoreOf } from './counters/stores.ts';
import type { Decision } from './decision.ts';
import { Limiter, type LimitRequest } from './limiter.ts';
import { LimitStats } from './stats.ts';

/** The counters cannot be asked; failure_mode_deny says what follows. */
export class LimiterUnavailable extends Error {
  readonly code = 'LIMITER_UNAVAILABLE';
}

export interface SnapshotLimiter {
  /** At once when the isolate knows the answer. @throws (rejects with) whatever keeps it from an answer in `timeoutMs`. */
  decide(request: LimitRequest, exchange: Exchange, timeoutMs: number): Decision | Promise<Decision>;
}

/** This isolate's metrics of limits, for /stats/prometheus. */
export const limitStats = new LimitStats();

/** The second refusal settles it: a store that fails right after the first is still answered by failure_mode_deny. */
const REFUSALS = 2;
/** How long a reset of a counter may take to reach an isolate that remembers it as exhausted. */
const RECHECK_MS = 10_000;

let counters: CounterClient | undefined;
const limiters = new WeakMap<Snapshot, SnapshotLimiter>();

export function limiterOf(snapshot: Snapshot): SnapshotLimiter {
  const known = limiters.get(snapshot);
  if (known) return known;
  const limiter = makeLimiter(snapshot);
  limiters.set(snapshot, limiter);
  return limiter;
}

function makeLimiter({ limitDomains }: Snapshot): SnapshotLimiter {
  let limiter: Limiter | undefined;
  return {
    decide: (request, exchange, timeoutMs) => {
      if (!limitDomains) return Promise.reject(new LimiterUnavailable('no rate limit configuration loaded'));
      limiter ??= new Limiter(limitDomains, countersOf(exchange.env), limitStats);
      const answer = limiter.decide(request, Math.floor(exchange.startTime / 1000), exchange);
      return answer instanceof Promise ? inTime(answer, timeoutMs) : answer;
    },
  };
}

function countersOf(env: Exchange['env']): CounterClient {
  counters ??= new CounterClient(storeOf(env), {
    lease: true,
    rememberAfter: REFUSALS,
    recheckMs: RECHECK_MS,
    now: Date.now,
  });
  return counters;
}

function storeOf(env: Exchange['env']): CounterStore {
  const unbound = () => Promise.reject(new LimiterUnavailable('no counter store is bound'));
  return counterStoreOf(env) ?? { objectOf: () => '', atOnce: 1, count: unbound };
}

/** Stops waiting after a while; what was asked is counted all the same. */
function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LimiterUnavailable(`no answer in ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
