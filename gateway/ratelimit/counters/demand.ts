/**
 * How many permits to lease. By demand over half a second, never more than a fair share of half of what is left, and
 * growing from small: so that leases shrink to nothing as the limit comes near and few permits sit in idle isolates.
 */
import { EXACT_HEADROOM } from './protocol.ts';

/**
 * Seconds of its own demand that an isolate may hold; a short window allows less (a second: none at all). What is unspent
 * dies with its isolate: twice as much would save one call a second and lose twice the permits.
 */
export function leaseSeconds(windowSeconds: number): number {
  return windowSeconds < 2 ? 0 : Math.min(0.5, windowSeconds / 60);
}

/** What an isolate asks for: its demand, at most about double of what it got the last time. */
export function wanted(rate: number, windowSeconds: number, limit: number, lastGrant: number): number {
  if (limit <= EXACT_HEADROOM) return 0;
  return Math.floor(Math.min(rate * leaseSeconds(windowSeconds), 2 * lastGrant + 4));
}

/** What the owner gives: the asker's share, by rate, of half of the headroom; nothing near the limit. */
export function granted(want: number, headroom: number, askerRate: number, totalRate: number): number {
  if (want <= 0 || headroom <= EXACT_HEADROOM) return 0;
  const share = totalRate > askerRate ? askerRate / totalRate : 1;
  return Math.max(0, Math.floor(Math.min(want, (headroom * share) / 2)));
}

/** Hits per second, forgotten over about two seconds. */
export class Rate {
  #sum = 0;
  #at = 0;

  /** @param now milliseconds */
  add(hits: number, now: number): void {
    this.#sum = this.#decayed(now) + hits;
    this.#at = now;
  }

  perSecond(now: number): number {
    return this.#decayed(now) / 2;
  }

  #decayed(now: number): number {
    return this.#sum * Math.exp(-Math.max(0, now - this.#at) / 2000);
  }
}
