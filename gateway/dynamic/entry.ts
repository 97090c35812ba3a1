/**
 * The gateway inside a dynamic worker: the same code, with filters that were not there when it was deployed. The Worker that
 * loaded it has chosen the Snapshot, and is asked for it once; after that only requests and answers pass between the two.
 */
import { bindingsOf } from '../deployed-env.ts';
import { Gateway } from '../gateway.ts';
import type { CounterObject } from '../ratelimit/counters/object.ts';
import type { Snapshot } from '../snapshot.ts';
import { serve } from '../worker.ts';
import type { DynamicProps, Outside } from './outside.ts';

export { registerModules } from '../wasm/registry.ts';

interface DynamicEnv extends Record<string, unknown> {
  OUTSIDE: Pick<Outside, 'snapshot' | 'counter'>;
}

interface Held {
  gateway: Gateway;
  env: ReturnType<typeof bindingsOf>;
}

/** By key; those of a Snapshot that has been replaced go when a few others have come. */
const held = new Map<string, Promise<Held>>();
const MOST_HELD = 600;

export default {
  async fetch(request: Request, env: DynamicEnv, context: ExecutionContext): Promise<Response> {
    const { snapshot: key, ...props } = context.props as DynamicProps;
    // Asked before the first request comes, so that none waits for the module's start.
    if (key === undefined) return new Response(null, { status: 204 });
    const { gateway, env: own } = await holdOf(key, env);
    const waitUntil = (promise: Promise<unknown>): void => context.waitUntil(promise);
    return serve(request, own, { props, waitUntil } as unknown as ExecutionContext, gateway);
  },
};

function holdOf(key: string, env: DynamicEnv): Promise<Held> {
  const known = held.get(key) ?? take(key, env);
  held.set(key, known);
  known.catch(() => held.delete(key));
  for (const old of held.keys()) {
    if (held.size <= MOST_HELD) break;
    held.delete(old);
  }
  return known;
}

async function take(key: string, env: DynamicEnv): Promise<Held> {
  const snapshot = (await env.OUTSIDE.snapshot(key)) as Snapshot | undefined;
  if (!snapshot) throw new Error('the Snapshot that the request came with is gone');
  const { OUTSIDE, ...rest } = env;
  return { gateway: new Gateway(snapshot), env: bindingsOf(snapshot, { ...rest, COUNTERS: countersBehind(OUTSIDE) }) };
}

/** Durable Objects cannot be handed to a dynamic worker; the Worker outside calls them. */
function countersBehind(outside: DynamicEnv['OUTSIDE']): Pick<DurableObjectNamespace<CounterObject>, 'idFromName'> {
  const stub = (name: string) => ({
    count: (...args: unknown[]) => outside.counter(name, 'count', args),
    usage: (...args: unknown[]) => outside.counter(name, 'usage', args),
    reset: (...args: unknown[]) => outside.counter(name, 'reset', args),
  });
  const namespace = { idFromName: (name: string) => name, get: stub };
  return namespace as unknown as DurableObjectNamespace<CounterObject>;
}
