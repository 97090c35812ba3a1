/**
 * The counters' part of the state process: gateway processes call it over workerd's RPC (unix socket or mutual TLS), it
 * calls the objects. The state process's entrypoint extends this class and exports CounterObject beside it.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { CounterEnv } from './object.ts';
import { answerOperator } from './operator.ts';
import type { CounterUsage, CountReply, CountRequest } from './protocol.ts';
import { type CounterState, namespaceStore } from './stores.ts';

export class CounterEntrypoint<Env extends CounterEnv = CounterEnv>
  extends WorkerEntrypoint<Env>
  implements CounterState
{
  /** The same socket speaks HTTP to operators. */
  override async fetch(request: Request): Promise<Response> {
    return new URL(request.url).pathname === '/counters'
      ? answerOperator(request, namespaceStore(this.env.COUNTERS))
      : new Response(null, { status: 404 });
  }

  count(object: string, requests: CountRequest[]): Promise<CountReply[]> {
    return namespaceStore(this.env.COUNTERS).count(object, requests);
  }

  usage(prefix: string, now: number, most: number): Promise<CounterUsage[]> {
    return namespaceStore(this.env.COUNTERS).usage(prefix, now, most);
  }

  reset(name: string, now: number): Promise<CounterUsage[]> {
    return namespaceStore(this.env.COUNTERS).reset(name, now);
  }
}
