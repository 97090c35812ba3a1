/** The headers that Envoy gives an answer of its own, before the response callbacks see it. */
import { HeaderLines } from '../../gateway/wasm/header-map.ts';
import type { FilterReply } from '../../gateway/wasm/host.ts';

export function replyHeaders(request: HeaderLines, reply: FilterReply): { headers: HeaderLines; body: Uint8Array } {
  if (/^application\/grpc(\+|;|$)/.test(request.get('content-type') ?? '')) return grpcReply(reply);
  const headers = new HeaderLines([[':status', String(reply.status)]]);
  for (const [name, value] of reply.headers) headers.add(name, value);
  if (reply.body.length === 0) return { headers, body: reply.body };
  headers.set('content-length', String(reply.body.length));
  if (headers.get('content-type') === null) headers.set('content-type', 'text/plain');
  return { headers, body: reply.body };
}

/** gRPC status by HTTP status (grpc.io, "HTTP to gRPC Status Code Mapping"). */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** A trailers-only answer: the message is the body, percent-encoded. */
function grpcReply(reply: FilterReply): { headers: HeaderLines; body: Uint8Array } {
  const status = reply.grpcStatus >= 0 ? reply.grpcStatus : (GRPC_STATUS[reply.status] ?? 2);
  const headers = new HeaderLines([
    [':status', '200'],
    ['content-type', 'application/grpc'],
    ['grpc-status', String(status)],
  ]);
  if (reply.body.length > 0) headers.add('grpc-message', percentEncoded(new TextDecoder().decode(reply.body)));
  for (const [name, value] of reply.headers) headers.add(name, value);
  return { headers, body: new Uint8Array(0) };
}

function percentEncoded(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) =>
      byte < 32 || byte > 126 || byte === 37
        ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
}
