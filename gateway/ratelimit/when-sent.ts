/** Calls back when the answer's body has gone to the client, with its true length for `%BYTES_SENT%`. */
import type { Exchange } from '../exchange.ts';

export function whenSent(exchange: Exchange, done: () => void): void {
  const { responseBody } = exchange;
  if (!(responseBody instanceof ReadableStream)) {
    done();
    return;
  }
  let bytes = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
    flush() {
      if (!exchange.responseHeaders.has('content-length'))
        exchange.responseHeaders.set('content-length', String(bytes));
      done();
    },
  });
  exchange.responseBody = responseBody.pipeThrough(counting);
}
