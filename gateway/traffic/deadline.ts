/** The route's timeout, which holds for the whole answer, and the timeout of one try, which ends with its headers. */

export class Deadline {
  /** Milliseconds since the epoch; Infinity without a timeout. */
  readonly at: number;
  readonly #started: number;
  readonly #timeoutMs: number;

  constructor(timeoutMs: number, now: number) {
    this.#started = now;
    this.#timeoutMs = timeoutMs;
    this.at = timeoutMs > 0 ? now + timeoutMs : Number.POSITIVE_INFINITY;
  }

  passed(now: number): boolean {
    return now >= this.at;
  }

  /** How long a try may take until its headers, Infinity without any timeout. A try's timeout beyond the route's is none. */
  tryMs(perTryTimeoutMs: number, now: number): number {
    const left = Math.max(0, this.at - now);
    return perTryTimeoutMs > 0 ? Math.min(perTryTimeoutMs, left) : left;
  }

  /** x-envoy-expected-rq-timeout-ms of a try that starts now: what Envoy tells the upstream; undefined without timeouts. */
  expectedMs(perTryTimeoutMs: number, now: number): number | undefined {
    const expected =
      perTryTimeoutMs > 0 && !(perTryTimeoutMs >= this.#timeoutMs && this.#timeoutMs > 0)
        ? perTryTimeoutMs
        : this.#timeoutMs;
    if (expected <= 0) return undefined;
    if (this.#timeoutMs <= 0) return expected;
    return Math.max(1, Math.min(expected, this.#timeoutMs - (now - this.#started)));
  }
}
