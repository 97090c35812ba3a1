/** includeRequestBodyInCheck: the beginning of the client's body, while the whole of it still goes upstream. */
import type { Exchange, LocalReply } from '../exchange.ts';
import type { ExtAuthzHttp } from '../snapshot.ts';

export interface CheckBody {
  bytes: Uint8Array<ArrayBuffer>;
  /** The body is longer than what is shown. */
  partial: boolean;
}

const TOO_LARGE: LocalReply = {
  status: 413,
  body: 'Payload Too Large',
  contentType: 'text/plain',
  details: 'request_payload_too_large',
};

/** undefined: the authoriser wants none, or there is none. A longer body than allowed is refused here, as Envoy's buffer does. */
export async function readForCheck(
  exchange: Exchange,
  wanted: ExtAuthzHttp['includeRequestBodyInCheck'],
): Promise<CheckBody | LocalReply | undefined> {
  if (!wanted || !exchange.body) return undefined;
  const [shown, forwarded] = exchange.body.tee();
  exchange.body = forwarded;
  const body = await readAtMost(shown, wanted.maxRequestBytes);
  if (body.partial && !wanted.allowPartialMessage) return TOO_LARGE;
  return body.bytes.length > 0 ? body : undefined;
}

async function readAtMost(stream: ReadableStream<Uint8Array>, limit: number): Promise<CheckBody> {
  const bytes = new Uint8Array(limit);
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: bytes.slice(0, length), partial: false };
    const room = limit - length;
    bytes.set(value.subarray(0, room), length);
    length += Math.min(room, value.length);
    if (value.length > room) {
      // Not awaited: a branch of a tee is only cancelled when the other one is, too.
      void reader.cancel();
      return { bytes, partial: true };
    }
  }
}
