/** The exchange's answer as a Response, with what the connection manager adds to every answer. */
import type { HttpExchange } from './http-exchange.ts';

/** The upstream's own Response goes on unless a phase has changed more than its headers. */
export function respond(exchange: HttpExchange): Response {
  const headers = exchange.responseHeaders;
  headers.set('server', exchange.listener.connection?.serverName ?? 'istio-envoy');
  if (!headers.has('date')) headers.set('date', new Date().toUTCString());
  const { passedOn, status } = exchange;
  return passedOn ?? new Response(exchange.responseBody, { status, headers: headers.headers() });
}
