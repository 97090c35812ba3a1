/** The exchange's answer as a Response, with what the connection manager adds to every answer. */
import type { HttpExchange } from './http-exchange.ts';

export function respond(exchange: HttpExchange): Response {
  const headers = exchange.responseHeaders;
  headers.set('server', 'istio-envoy');
  const webSocket = exchange.answer?.webSocket;
  return new Response(exchange.responseBody, {
    status: exchange.status,
    headers: headers.headers(),
    ...(webSocket && { webSocket }),
  });
}
