/** A body whose breaking off reaches the upstream as such. */

type Bytes = ReadableStream<Uint8Array>;

/**
 * When a source breaks off whose length nobody knows, the runtime ends the upstream's chunks as if all had come (tested with
 * workerd; only the client's own stream, passed on untouched, is broken off). So `broken` is told first, to give the whole
 * request up.
 */
export function tellingWhenBroken(body: Bytes, broken: () => void): Bytes {
  const source = body.getReader();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const piece = await source.read().catch((error: unknown) => {
        broken();
        throw error;
      });
      if (piece.done) controller.close();
      else controller.enqueue(piece.value);
    },
    cancel: (reason) => source.cancel(reason),
  });
}

/** As long as was announced, or broken off; the runtime would send it in chunks otherwise. */
export function ofLength(body: Bytes | null, length: string | null): Bytes | null {
  if (body === null || length === null) return body;
  const { readable, writable } = new FixedLengthStream(Number(length));
  body.pipeTo(writable).catch(() => {});
  return readable;
}
