/**
 * tcp.maxConnections and http1MaxPendingRequests: an HTTP/1.1 request takes one connection until its answer has ended, and
 * waits for one where all are taken. Connections are hidden here, so requests are counted in their place.
 */
import type { ConnectionPool } from '../../snapshot.ts';
import type { Host } from './host.ts';
import { InFlight, type Span } from './in-flight.ts';

/** A place may get free without a word, when a client goes away: whoever waits looks for himself now and then. */
const LOOK_AGAIN_MS = 50;

export class ConnectionLimit {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #taken = new InFlight();
  readonly #takenOf = new WeakMap<Host, InFlight>();
  readonly #waiting = new InFlight();
  readonly #turns: (() => void)[] = [];

  constructor(most: number, { http1MaxPendingRequests = Infinity }: ConnectionPool) {
    this.#most = most;
    this.#mostWaiting = http1MaxPendingRequests;
  }

  /** @param waitMs how long to wait at most; @returns how to give the connection back, or why there is none */
  async take(host: Host, waitMs: number): Promise<(() => void) | 'overflow' | 'timeout'> {
    const started = Date.now();
    if (this.#mayTake(host)) return this.#begin(host);
    if (this.#waiting.count(started) >= this.#mostWaiting) return 'overflow';
    const waiting = this.#waiting.begin(started);
    while (!this.#mayTake(host)) {
      const left = started + waitMs - Date.now();
      if (left <= 0) break;
      await this.#turn(Math.min(left, LOOK_AGAIN_MS));
    }
    waiting.count--;
    return this.#mayTake(host) ? this.#begin(host) : 'timeout';
  }

  /** A host without any connection gets one whatever the limit, as Envoy's pools do. */
  #mayTake(host: Host): boolean {
    const now = Date.now();
    return this.#taken.count(now) < this.#most || this.#of(host).count(now) === 0;
  }

  #of(host: Host): InFlight {
    const taken = this.#takenOf.get(host) ?? new InFlight();
    this.#takenOf.set(host, taken);
    return taken;
  }

  #begin(host: Host): () => void {
    const now = Date.now();
    const spans: Span[] = [this.#taken.begin(now), this.#of(host).begin(now)];
    return () => {
      for (const span of spans) span.count--;
      this.#turns.shift()?.();
    };
  }

  async #turn(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#turns.push(resolve);
    await promise;
    clearTimeout(timer);
    const place = this.#turns.indexOf(resolve);
    if (place >= 0) this.#turns.splice(place, 1);
  }
}
