/** What Envoy's connection manager answers itself, before any filter (captured in protocol/odd-requests). */
import type { LocalReply } from '../exchange.ts';
import type { HttpExchange } from './http-exchange.ts';

/** RFC 3986 authority, with user information, which matches no virtual host but is valid. */
const AUTHORITY = /^[\w\-.~!$&'()*+,;=:@[\]%]*$/;
const BAD_REQUEST: LocalReply = { status: 400, body: 'Bad Request', flag: 'DPE', details: 'http1.codec_error' };

/** Envoy's max_headers_count default. */
const MAX_HEADERS = 100;
const TOO_MANY_HEADERS: LocalReply = {
  status: 431,
  body: 'Request Header Fields Too Large',
  flag: 'DPE',
  details: 'http1.too_many_headers',
};

/** @returns undefined for a request that may go on. */
export function refuse(exchange: HttpExchange): LocalReply | undefined {
  if (exchange.malformedPath) return { status: 400, body: '', flag: 'DPE', details: 'path_normalization_failed' };
  if (!AUTHORITY.test(exchange.authority)) return BAD_REQUEST;
  if (exchange.headerCount > MAX_HEADERS) return TOO_MANY_HEADERS;
  const upgrade = exchange.requestHeaders.get('upgrade');
  if (upgrade !== null && upgrade.toLowerCase() !== 'websocket') {
    return { status: 403, body: '', details: 'upgrade_failed' };
  }
  return undefined;
}
