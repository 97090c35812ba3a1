/**
 * connectionPool and retryBudget as far as one isolate can hold them: it counts requests, not connections. A request past
 * the limits is answered 503 "overflow", a retry past them is not made.
 */
import type { Cluster } from '../../snapshot.ts';
import { InFlight } from './in-flight.ts';

export class CircuitBreaker {
  /** Requests in flight: sent, their answers not ended. */
  readonly requests = new InFlight();
  /** Retries in flight. */
  readonly retries = new InFlight();
  readonly #maxRequests: number;
  readonly #maxRetries: number;
  readonly #budget: Cluster['retryBudget'];

  constructor({ connectionPool: pool, retryBudget }: Pick<Cluster, 'connectionPool' | 'retryBudget'>) {
    // One HTTP/1 request takes one connection; past those, requests queue, and past the queue they overflow.
    const queued = pool?.maxConnections ? pool.maxConnections + (pool.http1MaxPendingRequests ?? Infinity) : Infinity;
    this.#maxRequests = Math.min(pool?.http2MaxRequests ?? Infinity, queued);
    this.#maxRetries = pool?.maxRetries ?? Infinity;
    this.#budget = retryBudget;
  }

  /** Whether anything is limited: only then do the ends of answers have to be watched. */
  get limits(): boolean {
    return this.#maxRequests !== Infinity || this.#budget !== undefined;
  }

  mayRequest(now: number): boolean {
    return this.#maxRequests === Infinity || this.requests.count(now) < this.#maxRequests;
  }

  /** A budget replaces maxRetries, as in Envoy. */
  mayRetry(now: number): boolean {
    if (this.#budget === undefined) return this.retries.count(now) < this.#maxRetries;
    const { percent, minRetryConcurrency } = this.#budget;
    const allowed = Math.floor((percent / 100) * this.requests.count(now));
    return this.retries.count(now) < Math.max(minRetryConcurrency, allowed);
  }
}
