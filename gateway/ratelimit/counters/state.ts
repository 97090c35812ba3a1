/**
 * The counters' part of the state process: gateway processes call it over workerd's RPC (unix socket or mutual TLS), it
 * calls the objects. The state process's entrypoint extends this class and exports CounterObject beside it.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { CounterEnv } from './object.ts';
import { answerOperator } from './operator.ts';
import { type CountCall, type CounterUsage, type CountReply, ONLY_OBJECT } from './protocol.ts';
import { type CounterState, namespaceStore, type StateRpc, TOGETHER } from './stores.ts';

export class CounterEntrypoint<Env extends CounterEnv = CounterEnv> extends WorkerEntrypoint<Env> implements StateRpc {
  /** The same socket speaks HTTP to operators. */
  override async fetch(request: Request): Promise<Response> {
    return new URL(request.url).pathname === '/counters'
      ? answerOperator(request, this.#store)
      : new Response(null, { status: 404 });
  }

  count(calls: CountCall[]): Promise<CountReply[][]> {
    return this.#store.count(ONLY_OBJECT, calls);
  }

  usage(prefix: string, now: number, most: number): Promise<CounterUsage[]> {
    return this.#store.usage(prefix, now, most);
  }

  reset(name: string, now: number): Promise<CounterUsage[]> {
    return this.#store.reset(name, now);
  }

  get #store(): CounterState {
    store ??= namespaceStore(this.env.COUNTERS, TOGETHER);
    return store;
  }
}

/** Made once: an object's id is a hash of its name. */
let store: CounterState | undefined;
