/** Turns a phase's own answer into the exchange's answer, in Envoy's form (sendLocalReply). */
import type { HeaderView, LocalReply } from '../exchange.ts';
import { CopyOnWriteHeaders } from './header-view.ts';
import type { HttpExchange } from './http-exchange.ts';

/** gRPC status for an HTTP status (Envoy: Grpc::Utility::httpToGrpcStatus). */
const GRPC_STATUS = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);
const GRPC_UNKNOWN = 2;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A gRPC client gets 200 with the status in grpc-status. Response headers of a forwarding route are applied to whatever is
 * answered on it; those of a redirect or a direct response only to that answer, not to a filter's before it (a real Envoy's are).
 * What describes the body comes last.
 */
export function answerLocally(exchange: HttpExchange, reply: LocalReply): void {
  const grpc = !reply.bare && isGrpc(exchange.requestHeaders.get('content-type'));
  // %RESPONSE_CODE% is still 0 while the route's operations run (captured: timeout/timeout-and-headers).
  exchange.status = 0;
  exchange.details = reply.details;
  if (reply.flag !== undefined) exchange.flags.add(reply.flag);
  const headers = new CopyOnWriteHeaders(new Headers(reply.ofRoute ? reply.headers : undefined), true);
  exchange.responseHeaders = headers;
  const touched = reply.ofRoute || exchange.route?.action.kind === 'forward';
  if (touched && !reply.bare) exchange.routeHeaders?.(headers, exchange);
  if (!reply.ofRoute) for (const [name, value] of reply.headers ?? []) headers.append(name, value);
  reply.edit?.(headers, exchange);
  if (grpc) describeGrpc(headers, reply, exchange.method === 'HEAD');
  else describeBody(headers, reply);
  exchange.responseBody = grpc || reply.body.length === 0 ? null : reply.body;
  exchange.status = grpc ? 200 : reply.status;
}

/** A content type that the configuration gives goes before the reply's own. */
function describeBody(headers: HeaderView, reply: LocalReply): void {
  const length = typeof reply.body === 'string' ? encoder.encode(reply.body).length : reply.body.length;
  if (length === 0 && !reply.contentType) headers.remove('content-type');
  else if (!headers.has('content-type')) headers.set('content-type', reply.contentType ?? 'text/plain');
  headers.set('content-length', String(length));
}

/** A HEAD's answer has no message (a real Envoy's has none). */
function describeGrpc(headers: HeaderView, reply: LocalReply, head: boolean): void {
  headers.set('content-type', 'application/grpc');
  if (!headers.has('grpc-status'))
    headers.set('grpc-status', String(reply.grpcStatus ?? GRPC_STATUS.get(reply.status) ?? GRPC_UNKNOWN));
  const message = typeof reply.body === 'string' ? reply.body : decoder.decode(reply.body);
  if (message !== '' && !head) headers.set('grpc-message', percentEncode(message));
  headers.set('content-length', '0');
}

/** The gRPC protocol's Percent-Byte-Encoded for Status-Message. */
function percentEncode(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]+/g, (run) =>
    Array.from(encoder.encode(run), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** application/grpc and application/grpc+anything, not application/grpc-web. */
export function isGrpc(contentType: string | null): boolean {
  return contentType?.startsWith('application/grpc') === true && (contentType.length === 16 || contentType[16] === '+');
}
