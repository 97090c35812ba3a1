/**
 * Envoy's local token bucket: full at the start, refilled continuously (10 per 5 s is one each 500 ms, no step at each
 * interval), never above its maximum. Kept as the moment at which it was, or would have been, empty.
 */
import type { TokenBucket } from '../snapshot.ts';

export class Bucket {
  readonly maxTokens: number;
  /** Tokens per millisecond. */
  readonly #rate: number;
  #emptyAt: number;

  /** @param now milliseconds */
  constructor({ maxTokens, tokensPerFill, fillIntervalMs }: TokenBucket, now: number) {
    this.maxTokens = maxTokens;
    this.#rate = tokensPerFill / fillIntervalMs;
    this.#emptyAt = now - maxTokens / this.#rate;
  }

  /** Takes tokens; false, and nothing taken, when there are not so many. Who asks for none gets none, and is refused as in Envoy. */
  consume(now: number, tokens = 1): boolean {
    if (tokens <= 0 || this.#available(now) < tokens) return false;
    this.#emptyAt = Math.max(this.#emptyAt, now - this.maxTokens / this.#rate) + tokens / this.#rate;
    return true;
  }

  remaining(now: number): number {
    return Math.floor(this.#available(now));
  }

  /** Whole seconds until there is a token; 0 while there is one. */
  secondsToToken(now: number): number {
    const missing = 1 - this.#available(now);
    return missing <= 0 ? 0 : Math.ceil(Math.round(missing / this.#rate) / 1000);
  }

  /** A thousandth of a token is forgiven: 3 per hour is no finite number of tokens per millisecond. */
  #available(now: number): number {
    return Math.min(this.maxTokens, (now - this.#emptyAt) * this.#rate + 1e-6);
  }
}
