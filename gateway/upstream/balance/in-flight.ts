/**
 * How many requests are under way. When a client goes away the runtime just stops its request, without a word to us; so
 * what began is forgotten after one to two spans, lest those who left be counted for ever.
 */

const SPAN_MS = 30_000;

/** What began in one span and has not ended; whoever ends takes one away. */
export interface Span {
  number: number;
  count: number;
}

export class InFlight {
  #current: Span = { number: 0, count: 0 };
  #before: Span = { number: -1, count: 0 };

  /** @param now milliseconds; @returns where to count down when it ends */
  begin(now: number): Span {
    this.#turn(now);
    this.#current.count++;
    return this.#current;
  }

  count(now: number): number {
    this.#turn(now);
    return this.#current.count + this.#before.count;
  }

  #turn(now: number): void {
    const number = Math.floor(now / SPAN_MS);
    if (number === this.#current.number) return;
    this.#before = number === this.#current.number + 1 ? this.#current : { number: number - 1, count: 0 };
    this.#current = { number, count: 0 };
  }
}
