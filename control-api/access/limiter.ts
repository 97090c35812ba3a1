/** Token buckets by caller, in memory: they keep one caller from taking the whole object, not a count over months. */

export interface Rate {
  /** Calls a second, in the long run. */
  perSecond: number;
  /** Calls at once. */
  burst: number;
}

/** Far above what kubectl and CI do (kubectl sends 50 a second at most), far below what would starve others. */
export const CALLS: Rate = { perSecond: 500, burst: 2000 };
/** Of one address, before it is known who calls: guesses of tokens. */
export const FAILED_LOGINS: Rate = { perSecond: 1, burst: 20 };

/** Callers that are remembered; the longest unseen goes first. */
const MAX_CALLERS = 10_000;

export class Limiter {
  private readonly rate: Rate;
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(rate: Rate) {
    this.rate = rate;
  }

  /** Takes one; when there is none, the seconds after which there will be. */
  take(caller: string, now = Date.now()): number {
    const bucket = this.refilled(caller, now);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.rate.perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  private refilled(caller: string, now: number): { tokens: number; at: number } {
    const { perSecond, burst } = this.rate;
    const before = this.buckets.get(caller) ?? { tokens: burst, at: now };
    const bucket = { tokens: Math.min(burst, before.tokens + ((now - before.at) / 1000) * perSecond), at: now };
    this.buckets.delete(caller);
    this.buckets.set(caller, bucket);
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > MAX_CALLERS && oldest !== undefined) this.buckets.delete(oldest);
    return bucket;
  }
}
