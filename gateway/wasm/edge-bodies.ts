/** Bodies between the platform's streams and a filter's flow. */
import type { BodyFlow, BodySource } from './body-flow.ts';
import type { FilterStream } from './filter-stream.ts';

/** Tells how much of the source has been read. */
export function counted(source: BodySource, count: (size: number) => void): BodySource {
  return {
    cancel: (reason) => source.cancel(reason),
    read: async () => {
      const piece = await source.read();
      if (piece) count(piece.data.length);
      return piece;
    },
  };
}

/**
 * The request's body as it goes upstream. A filter that holds a body back until its end gives it in one piece, whose
 * length is known; one that does not gives a stream. `mismatch`: it no longer fits the announced content-length.
 */
export async function requestBody(
  flow: BodyFlow,
  contentLength: string | null,
): Promise<ReadableStream<Uint8Array> | null | 'mismatch'> {
  const first = await flow.next();
  if (!first) return contentLength === null || contentLength === '0' ? null : 'mismatch';
  if (!flow.finished) return continued(first, flow);
  if (contentLength !== null && Number(contentLength) !== first.length) return 'mismatch';
  return new Response(first as Uint8Array<ArrayBuffer>).body as ReadableStream<Uint8Array>;
}

function continued(first: Uint8Array, flow: BodyFlow): ReadableStream<Uint8Array> {
  let pending: Uint8Array | undefined = first;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = pending ?? (await flow.next());
      pending = undefined;
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
    cancel: (reason) => flow.cancel(reason),
  });
}

/** The answer's body; a filter that resets the stream breaks it off. */
export function asStream(flow: BodyFlow, stream: FilterStream, done: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const piece = await flow.next();
        if (piece) return controller.enqueue(piece);
        if (stream.outcome) controller.error(new Error('a filter reset the stream'));
        else controller.close();
      } catch (error) {
        controller.error(error);
      }
      done();
    },
    cancel(reason) {
      flow.cancel(reason);
      done();
    },
  });
}

export async function whole(flow: BodyFlow): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await flow.next(); piece; piece = await flow.next()) pieces.push(piece);
  return new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
