/**
 * The isolate's side: permits it holds, limits it knows to be exhausted, and questions to the owners for the rest. What
 * it can answer by itself costs no call; what it must ask is sent in batches, one object at a time.
 */
import { Rate, wanted } from './demand.ts';
import { Outbox } from './outbox.ts';
import type { CounterStore, CountReply, CountRequest } from './protocol.ts';

/** One question: count `hits` on a window of a counter. Times are unix seconds. */
export interface Ask {
  name: string;
  start: number;
  ends: number;
  limit: number;
  hits: number;
}

/** The answer: over iff `after > limit`. `local`: known here, without asking (for metrics). */
export interface Counted {
  after: number;
  local: boolean;
}

export interface CounterClientOptions {
  /** Whether permits may be leased: false counts every hit in the store, as the service itself does. */
  lease: boolean;
  /**
   * How many refusals of a limit the store must have counted until this isolate remembers to the window's end that it is
   * exhausted; Infinity: it never does. The service with LOCAL_CACHE_SIZE_IN_BYTES: 1.
   */
  rememberAfter: number;
  /** One request asks again after so long, although the limit is remembered as exhausted: an operator may have set it back. */
  recheckMs: number;
  /** Milliseconds, for rates. */
  now(): number;
}

interface Held {
  ends: number;
  permits: number;
  lastGrant: number;
  /** The owner's count when it last answered, leases included. It never falls within a window. */
  known: number;
  /** Milliseconds, when it was last asked. */
  askedAt: number;
  rate: Rate;
}

/** Windows known to one isolate; the oldest are forgotten first, which forfeits their permits. */
const MEMORY = 50_000;

export class CounterClient {
  readonly #options: CounterClientOptions;
  readonly #outbox: Outbox;
  readonly #held = new Map<string, Held>();
  #nextSweep = 0;

  constructor(store: CounterStore, options: CounterClientOptions) {
    this.#options = options;
    this.#outbox = new Outbox(store);
  }

  /** What is known without asking; undefined: ask. Spends held permits. */
  spend({ name, start, limit, hits }: Ask): Counted | undefined {
    const held = this.#held.get(name + start);
    if (!held) return undefined;
    if (hits > 0 && held.permits >= hits) {
      held.permits -= hits;
      held.rate.add(hits, this.#options.now());
      return { after: Math.min(limit, held.known - held.permits), local: true };
    }
    return this.#isExhausted(held, limit) ? { after: held.known, local: true } : undefined;
  }

  /**
   * Asks the owner. Whoever waits longer than it can stops waiting; the hit is counted all the same.
   * @param waitUntil keeps the call alive when this request ends first.
   * @throws whatever the store throws when it cannot be reached.
   */
  async ask(ask: Ask, waitUntil: (promise: Promise<unknown>) => void): Promise<Counted> {
    const held = this.#hold(ask);
    const now = this.#options.now();
    held.rate.add(ask.hits, now);
    held.askedAt = now;
    const rate = held.rate.perSecond(now);
    const want = this.#options.lease ? wanted(rate, ask.ends - ask.start, ask.limit, held.lastGrant) : 0;
    const request: CountRequest = { ...ask, want, rate };
    const after = await this.#outbox.send(request, waitUntil, (reply) => take(held, ask.limit, reply));
    return { after, local: false };
  }

  #isExhausted(held: Held, limit: number): boolean {
    if (held.known - held.permits < limit + this.#options.rememberAfter) return false;
    const now = this.#options.now();
    if (now - held.askedAt < this.#options.recheckMs) return true;
    // This request asks; those that come while it waits do not.
    held.askedAt = now;
    return false;
  }

  /** Forgets what is known of a counter, after an operator set it back. */
  forget(name: string): void {
    for (const key of this.#held.keys()) {
      if (key.startsWith(name)) this.#held.delete(key);
    }
  }

  #hold({ name, start, ends }: Ask): Held {
    const key = name + start;
    const known = this.#held.get(key);
    if (known) return known;
    if (this.#held.size >= MEMORY || start >= this.#nextSweep) this.#sweep(start);
    const held = { ends, permits: 0, lastGrant: 0, known: 0, askedAt: 0, rate: new Rate() };
    this.#held.set(key, held);
    return held;
  }

  /** At most every ten seconds, or when the memory is full. */
  #sweep(now: number): void {
    this.#nextSweep = now + 10;
    for (const [key, { ends }] of this.#held) if (ends <= now) this.#held.delete(key);
    let surplus = this.#held.size - MEMORY * 0.9;
    for (const key of this.#held.keys()) {
      if (surplus-- <= 0) return;
      this.#held.delete(key);
    }
  }
}

function take(held: Held, limit: number, { after, granted }: CountReply): void {
  held.permits += granted;
  held.lastGrant = granted;
  const known = after + granted;
  const wasSetBack = held.known > limit && after <= limit;
  held.known = wasSetBack ? known : Math.max(held.known, known);
}
