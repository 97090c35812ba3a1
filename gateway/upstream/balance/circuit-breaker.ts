/**
 * connectionPool and retryBudget as far as one isolate can hold them. A request past the limits is answered 503
 * "overflow", a retry past them is not made.
 */
import type { Cluster } from '../../snapshot.ts';
import { ConnectionLimit } from './connection-limit.ts';
import type { Host } from './host.ts';
import { InFlight, type Span } from './in-flight.ts';

export class CircuitBreaker {
  /** Whether requests are limited or counted: only then do the ends of answers have to be watched. */
  readonly limits: boolean;
  /** Whether retries are. */
  readonly limitsRetries: boolean;
  /** Requests in flight: sent, their answers not ended. */
  readonly #requests = new InFlight();
  /** Retries in flight, from the decision on. */
  readonly #retries = new InFlight();
  readonly #maxRequests: number;
  readonly #maxRetries: number;
  readonly #connections: ConnectionLimit | undefined;
  readonly #budget: Cluster['retryBudget'];

  constructor({ connectionPool: pool = {}, retryBudget }: Pick<Cluster, 'connectionPool' | 'retryBudget'>) {
    this.#maxRequests = pool.http2MaxRequests ?? Infinity;
    this.#maxRetries = pool.maxRetries ?? Infinity;
    if (pool.maxConnections) this.#connections = new ConnectionLimit(pool.maxConnections, pool);
    this.#budget = retryBudget;
    this.limits = pool.http2MaxRequests !== undefined || pool.maxConnections !== undefined || retryBudget !== undefined;
    this.limitsRetries = pool.maxRetries !== undefined || retryBudget !== undefined;
  }

  /**
   * Envoy looks at http2MaxRequests when a connection is there, not before.
   *
   * @param waitMs how long the request may wait for a connection
   * @returns what to call when the answer has ended, or why the request is not sent
   */
  async admit(host: Host, waitMs: number): Promise<(() => void) | 'overflow' | 'timeout'> {
    const disconnect = await this.#connections?.take(host, waitMs);
    if (typeof disconnect === 'string') return disconnect;
    const now = Date.now();
    if (this.#requests.count(now) >= this.#maxRequests) {
      disconnect?.();
      return 'overflow';
    }
    const counted = this.#requests.begin(now);
    return () => {
      counted.count--;
      disconnect?.();
    };
  }

  /** A budget replaces maxRetries, as in Envoy. @returns where to count down when the retry has ended; undefined: not now */
  beginRetry(now: number): Span | undefined {
    return this.#retries.count(now) < this.#mostRetries(now) ? this.#retries.begin(now) : undefined;
  }

  #mostRetries(now: number): number {
    if (this.#budget === undefined) return this.#maxRetries;
    const { percent, minRetryConcurrency } = this.#budget;
    return Math.max(minRetryConcurrency, Math.floor((percent / 100) * this.#requests.count(now)));
  }
}
