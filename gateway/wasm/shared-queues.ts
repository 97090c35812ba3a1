/** proxy_register_shared_queue and its kin: first in, first out, per isolate; the registrant is told of each new item. */
import { Status } from './abi.ts';

interface Queue {
  items: Uint8Array[];
  /** Called after the enqueuing call has ended. */
  ready: (token: number) => void;
}

export class SharedQueues {
  readonly #tokens = new Map<string, number>();
  readonly #queues = new Map<number, Queue>();
  #next = 1;

  /** The last registrant hears of new items; what is queued stays. */
  register(vmId: string, name: string, ready: (token: number) => void): number {
    const key = `${vmId}\0${name}`;
    const token = this.#tokens.get(key) ?? this.#next++;
    this.#tokens.set(key, token);
    this.#queues.set(token, { items: this.#queues.get(token)?.items ?? [], ready });
    return token;
  }

  resolve(vmId: string, name: string): number | undefined {
    return this.#tokens.get(`${vmId}\0${name}`);
  }

  /** The listener to call later, or NotFound. */
  enqueue(token: number, item: Uint8Array): (() => void) | undefined {
    const queue = this.#queues.get(token);
    if (!queue) return undefined;
    queue.items.push(item);
    return () => queue.ready(token);
  }

  dequeue(token: number): Uint8Array | typeof Status.NotFound | typeof Status.Empty {
    const queue = this.#queues.get(token);
    if (!queue) return Status.NotFound;
    return queue.items.shift() ?? Status.Empty;
  }
}
