/** Takes the same decision many times: POST `{key, loops}`; the answer tells how many had to be asked for. */
import type { Exchange } from '../../gateway/exchange.ts';
import { foldPolicy } from '../../gateway/ratelimit/actions/descriptor.ts';
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

let limiter: Limiter | undefined;
const maker = foldPolicy(
  { stage: 0, actions: [{ kind: 'requestHeaders', headerName: 'x-key', descriptorKey: 'key', skipIfAbsent: false }] },
  false,
);

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const store = counterStoreOf(env);
    if (!store) return new Response('STATE is not bound', { status: 500 });
    limiter ??= new Limiter(
      env.LIMITS,
      new CounterClient(store, { lease: true, rememberAfter: 2, recheckMs: 10_000, now: Date.now }),
      new LimitStats(),
    );
    const { key, loops } = (await request.json()) as { key: string; loops: number };
    const headers = new Headers({ 'x-key': key });
    const exchange = { requestHeaders: headers } as unknown as Exchange;
    const now = Math.floor(Date.now() / 1000);
    let asked = 0;
    for (let loop = 0; loop < loops; loop++) {
      const descriptor = maker.make(exchange);
      const answer = descriptor && limiter.decide({ domain: 'bench', descriptors: [descriptor] }, now, context);
      if (!(answer instanceof Promise)) continue;
      asked++;
      await answer;
    }
    return Response.json({ asked });
  },
};
