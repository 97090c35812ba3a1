/** An answer's body on its way to the client, when its end matters: to a deadline, or to those who count requests. */

type Bytes = ReadableStream<Uint8Array>;

/**
 * Passes the body on at the runtime's own speed. Past `at` the upstream is let go and the client's connection breaks off,
 * because the status is long sent.
 *
 * @param length Content-Length of the answer: with it the runtime keeps the framing
 * @param at milliseconds since the epoch, or Infinity
 * @returns the body, and when it has ended, however: true when it was the deadline
 */
export function watchBody(body: Bytes, length: string | null, at: number): { body: Bytes; ended: Promise<boolean> } {
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  const controller = new AbortController();
  const timer = at === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => controller.abort(), at - Date.now());
  const done = () => {
    clearTimeout(timer);
    return controller.signal.aborted;
  };
  const ended = body.pipeTo(writable, { signal: controller.signal }).then(done, done);
  return { body: readable, ended };
}
