/**
 * Batches: while a call to an object is on its way, further questions to it wait and then go together, questions of one
 * counter as one. So the number of calls grows with time, not with demand.
 *
 * Every batch is sent by the request that opened it, in its own context: a Worker may do no I/O on behalf of another
 * request, but may wait for its promise.
 */
import { bucketName, type CounterStore, type CountReply, type CountRequest, hotObjectName } from './protocol.ts';

type WaitUntil = (promise: Promise<unknown>) => void;

/** One counter's part of a batch: the sum, and who asked for how much of it. */
interface Part {
  request: CountRequest;
  waiters: { upTo: number; resolve(after: number): void; reject(error: unknown): void }[];
  took(reply: CountReply): void;
}

interface Batch {
  parts: Map<string, Part>;
  start: PromiseWithResolvers<void>;
}

interface Lane {
  inFlight: number;
  waiting: Batch | undefined;
  /** Milliseconds, when something last left or came back. */
  progress: number;
}

/** A second call may leave while the first is on its way, so that one slow answer does not hold up all. */
const IN_FLIGHT = 2;
/** A lane without progress for so long has lost its sender (the request that was to send was cancelled): start anew. */
const STUCK_MS = 5000;
const MOVED_MEMORY = 1000;

export class Outbox {
  readonly #store: CounterStore;
  readonly #lanes = new Map<string, Lane>();
  /** Windows whose counter has an object of its own. */
  readonly #moved = new Set<string>();

  constructor(store: CounterStore) {
    this.#store = store;
  }

  /** @returns the count after this request's hits. `took` is called once a reply, before anybody gets their answer. */
  send(request: CountRequest, waitUntil: WaitUntil, took: (reply: CountReply) => void): Promise<number> {
    const key = request.name + request.start;
    const object = this.#moved.has(key) ? hotObjectName(request.name) : bucketName(request.name);
    return this.#sendTo(object, key, request, waitUntil, took);
  }

  #sendTo(
    object: string,
    key: string,
    request: CountRequest,
    waitUntil: WaitUntil,
    took: Part['took'],
  ): Promise<number> {
    const lane = this.#lane(object);
    let batch = lane.waiting;
    if (!batch) {
      batch = lane.waiting = { parts: new Map(), start: Promise.withResolvers<void>() };
      waitUntil(this.#run(object, lane, batch, waitUntil));
    }
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const part = batch.parts.get(key) ?? { request: { ...request, hits: 0 }, waiters: [], took };
    batch.parts.set(key, part);
    part.request.hits += request.hits;
    part.request.want = Math.max(part.request.want, request.want);
    part.request.limit = request.limit;
    part.waiters.push({ upTo: part.request.hits, resolve, reject });
    return promise;
  }

  #lane(object: string): Lane {
    const known = this.#lanes.get(object);
    if (known && !isStuck(known)) return known;
    const lane = { inFlight: 0, waiting: undefined, progress: Date.now() };
    this.#lanes.set(object, lane);
    return lane;
  }

  async #run(object: string, lane: Lane, batch: Batch, waitUntil: WaitUntil): Promise<void> {
    // Questions of the same turn go together; later ones when a call has come back.
    if (lane.inFlight < IN_FLIGHT) await Promise.resolve();
    else await batch.start.promise;
    left(lane);
    const parts = [...batch.parts.values()];
    try {
      const replies = await this.#store.count(
        object,
        parts.map(({ request }) => request),
      );
      for (const [index, part] of parts.entries()) this.#answer(part, replies[index], waitUntil);
    } catch (error) {
      for (const { waiters } of parts) for (const { reject } of waiters) reject(error);
    } finally {
      cameBack(lane);
      if (lane.inFlight === 0 && !lane.waiting && this.#lanes.get(object) === lane) this.#lanes.delete(object);
    }
  }

  #answer(part: Part, reply: CountReply | undefined, waitUntil: WaitUntil): void {
    if (!reply) throw new Error('a counter object answered fewer requests than it was asked');
    if (reply.moved) this.#follow(part, waitUntil);
    else {
      part.took(reply);
      const before = reply.after - part.request.hits;
      for (const { upTo, resolve } of part.waiters) resolve(before + upTo);
    }
  }

  #follow(part: Part, waitUntil: WaitUntil): void {
    const { request, waiters } = part;
    const key = request.name + request.start;
    if (this.#moved.size >= MOVED_MEMORY) this.#moved.clear();
    this.#moved.add(key);
    const settled = this.#sendTo(hotObjectName(request.name), key, request, waitUntil, part.took).then(
      (after) => {
        for (const { upTo, resolve } of waiters) resolve(after - request.hits + upTo);
      },
      (error) => {
        for (const { reject } of waiters) reject(error);
      },
    );
    waitUntil(settled);
  }
}

function left(lane: Lane): void {
  lane.waiting = undefined;
  lane.inFlight++;
  lane.progress = Date.now();
}

function cameBack(lane: Lane): void {
  lane.inFlight--;
  lane.progress = Date.now();
  lane.waiting?.start.resolve();
}

function isStuck(lane: Lane): boolean {
  return (lane.inFlight > 0 || lane.waiting !== undefined) && Date.now() - lane.progress > STUCK_MS;
}
