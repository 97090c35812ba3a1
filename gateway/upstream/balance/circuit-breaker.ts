/**
 * connectionPool and retryBudget as far as one isolate can hold them: it counts requests, not connections. A request past
 * the limits is answered 503 "overflow", a retry past them is not made.
 */
import type { Cluster } from '../../snapshot.ts';

export class CircuitBreaker {
  /** Requests in flight: sent, their answers not ended. */
  requests = 0;
  /** Retries in flight. */
  retries = 0;
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

  mayRequest(): boolean {
    return this.requests < this.#maxRequests;
  }

  /** A budget replaces maxRetries, as in Envoy. */
  mayRetry(): boolean {
    if (this.#budget === undefined) return this.retries < this.#maxRetries;
    const { percent, minRetryConcurrency } = this.#budget;
    return this.retries < Math.max(minRetryConcurrency, Math.floor((percent / 100) * this.requests));
  }
}
