/** The exchange's answer as a Response, with what the connection manager adds to every answer. */
import type { HttpExchange } from './http-exchange.ts';

/** Statuses that have no body whatever the configuration gives them (RFC 9110 6.4.1; the runtime throws otherwise). */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** The upstream's own Response goes on unless a phase has changed more than its headers. */
export function respond(exchange: HttpExchange): Response {
  const headers = exchange.responseHeaders;
  const { serverName } = exchange.connection;
  if (serverName !== undefined) headers.set('server', serverName);
  if (!headers.has('date')) headers.set('date', new Date().toUTCString());
  const { passedOn, status } = exchange;
  if (passedOn !== undefined) return passedOn;
  if (!WITHOUT_BODY.has(status)) return new Response(exchange.responseBody, { status, headers: headers.headers() });
  if (status !== 304) headers.remove('content-length');
  return new Response(null, { status, headers: headers.headers() });
}
