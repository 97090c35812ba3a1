/** Direct responses. The body is not a format string (captured: direct-response/operators-in-body). */
import type { Exchange, LocalReply } from '../exchange.ts';
import type { DirectResponseAction } from '../snapshot.ts';

export function foldDirectResponse(action: DirectResponseAction): (exchange: Exchange) => LocalReply {
  const body = bodyOf(action);
  const status = action.status;
  // Envoy names the request's own URL in a 201 and in every redirect status.
  const located = status === 201 || (status >= 300 && status < 400);
  return (exchange) => ({
    status,
    body,
    ...(located && { headers: [['location', `${exchange.scheme}://${exchange.authority}${exchange.path}`]] }),
    details: 'direct_response',
    ofRoute: true,
  });
}

function bodyOf({ body }: DirectResponseAction): string | Uint8Array {
  if (body === undefined) return '';
  if ('string' in body) return body.string;
  return Uint8Array.from(atob(body.bytes), (character) => character.charCodeAt(0));
}
