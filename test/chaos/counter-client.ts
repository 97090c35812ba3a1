/**
 * A gateway's limiter alone, as a Worker: POST a list of `[kind, key]`, get for each whether it was admitted. It runs the
 * very classes that a gateway runs, on the same store, so that a test can fire at them without HTTP routing around.
 */
import { CounterClient } from '../../gateway/ratelimit/counters/client.ts';
import { counterStoreOf } from '../../gateway/ratelimit/counters/stores.ts';
import { Limiter } from '../../gateway/ratelimit/limiter.ts';
import { LimitStats } from '../../gateway/ratelimit/stats.ts';
import type { LimitDomain } from '../../gateway/snapshot.ts';

interface Env {
  LIMITS: Record<string, LimitDomain>;
  STATE: unknown;
  [name: string]: unknown;
}

export interface Fired {
  /** Unix seconds at which all of them were decided. */
  now: number;
  /** 1 admitted, 0 refused, -1 the counters did not answer. */
  results: number[];
}

let limiter: Limiter | undefined;

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    limiter ??= makeLimiter(env);
    const keys = (await request.json()) as [kind: string, key: string][];
    const now = Math.floor(Date.now() / 1000);
    const results = await Promise.all(keys.map((key) => decide(key, now, context)));
    return Response.json({ now, results } satisfies Fired);
  },
};

function makeLimiter(env: Env): Limiter {
  const store = counterStoreOf(env);
  if (!store) throw new Error('STATE is not bound');
  const counters = new CounterClient(store, { lease: true, rememberAfter: 2, recheckMs: 10_000, now: Date.now });
  return new Limiter(env.LIMITS, counters, new LimitStats());
}

async function decide([kind, key]: [string, string], now: number, context: ExecutionContext): Promise<number> {
  const descriptors = [{ entries: [{ key: kind, value: key }] }];
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), 10_000));
  try {
    const answer = limiter?.decide({ domain: 'chaos', descriptors }, now, context);
    return (await Promise.race([answer, late]))?.over ? 0 : 1;
  } catch {
    return -1;
  }
}
