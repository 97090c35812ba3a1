/**
 * Batches: while a call to an object is on its way, further questions to it wait and then go together, questions of one
 * counter as one. So the number of calls grows with time, not with demand.
 *
 * Every batch is sent by the request that opened it, in its own context: a Worker may do no I/O on behalf of another
 * request, but may wait for its promise.
 */
import { type Send, Slot } from './lane.ts';
import { type CounterStore, type CountReply, type CountRequest, hotObjectName } from './protocol.ts';

type WaitUntil = (promise: Promise<unknown>) => void;

/** One counter's part of a batch: the sum, and who asked for how much of it. */
interface Part {
  request: CountRequest;
  waiters: { upTo: number; resolve(after: number): void; reject(error: unknown): void }[];
  took(reply: CountReply): void;
}

interface Batch {
  parts: Map<string, Part>;
  /** Its place among the calls under way; undefined: it waits for `start`. */
  slot: Slot | undefined;
  start: PromiseWithResolvers<void>;
}

interface Lane {
  idle: Slot[];
  waiting: Batch | undefined;
  /** Counters in the last call. */
  last: number;
  /** Milliseconds, when something last left or came back. */
  progress: number;
}

/** A lane without progress for so long has lost its sender (the request that was to send was cancelled): start anew. */
const STUCK_MS = 5000;
/**
 * Where so many counters wait for a call, or went with the last one, more are about to come: it waits a moment for them, because
 * a call costs far more than a counter in it.
 */
const CROWD = 4;
const CROWD_MS = 1;
const MOVED_MEMORY = 1000;
/** More than there are buckets: beyond it, hot keys' lanes are forgotten when they are idle. */
const LANES = 1000;

export class Outbox {
  readonly #store: CounterStore;
  readonly #lanes = new Map<string, Lane>();
  /** Windows whose counter has an object of its own. */
  readonly #moved = new Set<string>();
  /** Names this isolate among all askers, and its calls in their order. */
  readonly #name = crypto.randomUUID();
  #calls = 0;

  constructor(store: CounterStore) {
    this.#store = store;
  }

  /** @returns the count after this request's hits. `took` is called once a reply, before anybody gets their answer. */
  send(request: CountRequest, waitUntil: WaitUntil, took: (reply: CountReply) => void): Promise<number> {
    const key = request.name + request.start;
    const object = this.#moved.has(key) ? hotObjectName(request.name) : this.#store.objectOf(request.name);
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
      batch = lane.waiting = { parts: new Map(), slot: lane.idle.pop(), start: Promise.withResolvers<void>() };
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
    if (known && !isStuck(known, this.#store.atOnce)) return known;
    const idle = Array.from({ length: this.#store.atOnce }, (_, index) => new Slot(`${this.#name}/${index}`));
    const lane = { idle, waiting: undefined, last: 0, progress: Date.now() };
    this.#lanes.set(object, lane);
    return lane;
  }

  async #run(object: string, lane: Lane, batch: Batch, waitUntil: WaitUntil): Promise<void> {
    // Questions of the same turn go together; later ones when a call has come back.
    if (batch.slot) await Promise.resolve();
    else await batch.start.promise;
    if (Math.max(batch.parts.size, lane.last) >= CROWD) await new Promise((resolve) => setTimeout(resolve, CROWD_MS));
    lane.last = batch.parts.size;
    lane.waiting = undefined;
    lane.progress = Date.now();
    const slot = batch.slot as Slot;
    const parts = [...batch.parts.values()];
    const requests = parts.map(({ request }) => request);
    const send: Send = (calls) => this.#store.count(object, calls);
    try {
      const replies = await slot.call(requests, ++this.#calls, send, (late) => tookLate(parts, late));
      for (const [index, part] of parts.entries()) this.#answer(part, replies[index], waitUntil);
    } catch (error) {
      for (const { waiters } of parts) for (const { reject } of waiters) reject(error);
    } finally {
      cameBack(lane, slot);
      if (this.#lanes.size > LANES && lane.idle.length === this.#store.atOnce) this.#lanes.delete(object);
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

/** The askers have given up, but what was leased to this isolate is its own. */
function tookLate(parts: Part[], replies: CountReply[]): void {
  for (const [index, { took }] of parts.entries()) {
    const reply = replies[index];
    if (reply && !reply.moved) took(reply);
  }
}

function cameBack(lane: Lane, slot: Slot): void {
  lane.progress = Date.now();
  if (!lane.waiting || lane.waiting.slot) lane.idle.push(slot);
  else {
    lane.waiting.slot = slot;
    lane.waiting.start.resolve();
  }
}

function isStuck(lane: Lane, slots: number): boolean {
  return (lane.idle.length < slots || lane.waiting !== undefined) && Date.now() - lane.progress > STUCK_MS;
}
