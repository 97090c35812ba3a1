/** The exchange's answer as a Response, with what the connection manager adds to every answer. */
import type { HttpExchange } from './http-exchange.ts';

/** The upstream's own Response goes on unless a phase has changed more than its headers. */
export function respond(exchange: HttpExchange): Response {
  const { answer, responseHeaders: headers, responseBody: body, status } = exchange;
  headers.set('server', 'istio-envoy');
  if (!headers.has('date')) headers.set('date', new Date().toUTCString());
  const passed = answer?.headers === headers.headers() && answer.status === status && answer.body === body;
  return passed ? answer : new Response(body, { status, headers: headers.headers() });
}
