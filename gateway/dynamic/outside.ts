/** What a dynamic worker may ask of the Worker that loaded it. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { SocketProps } from '../bindings.ts';
import type { CounterObject } from '../ratelimit/counters/object.ts';
import type { Snapshot } from '../snapshot.ts';
import { offered } from './offered.ts';

/** `ctx.props` of a request to a dynamic worker; without `snapshot` it is only asked to start. */
export interface DynamicProps extends SocketProps {
  /** Key under which the Snapshot is offered. */
  snapshot?: string;
}

const METHODS = ['count', 'usage', 'reset'] as const;

export class Outside extends WorkerEntrypoint<{ COUNTERS?: DurableObjectNamespace<CounterObject> }> {
  /** undefined: it is not in this isolate any more. */
  snapshot(key: string): Snapshot | undefined {
    return offered.get(key);
  }

  /** One call of an object of the rate limits' counters. */
  async counter(object: string, method: (typeof METHODS)[number], args: unknown[]): Promise<unknown> {
    const { COUNTERS } = this.env;
    if (!COUNTERS || !METHODS.includes(method)) throw new Error(`there is no counter method ${method}`);
    const stub = COUNTERS.get(COUNTERS.idFromName(object));
    return (stub[method] as (...all: unknown[]) => Promise<unknown>)(...args);
  }
}
