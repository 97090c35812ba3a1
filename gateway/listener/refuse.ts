/** What Envoy's connection manager answers itself, before any filter (captured in protocol/odd-requests). */
import type { LocalReply } from '../exchange.ts';
import type { HttpExchange } from './http-exchange.ts';

/** RFC 3986 authority, with user information, which matches no virtual host but is valid. */
const AUTHORITY = /^[\w\-.~!$&'()*+,;=:@[\]%]*$/;
const BAD_REQUEST: LocalReply = { status: 400, body: 'Bad Request', flag: 'DPE', details: 'http1.codec_error' };

/** @returns undefined for a request that may go on. */
export function refuse(exchange: HttpExchange): LocalReply | undefined {
  if (exchange.malformedPath) return { status: 400, body: '', flag: 'DPE', details: 'path_normalization_failed' };
  if (!AUTHORITY.test(exchange.authority)) return BAD_REQUEST;
  const upgrade = exchange.request.headers.get('upgrade');
  if (upgrade !== null && upgrade.toLowerCase() !== 'websocket') {
    return { status: 403, body: '', details: 'upgrade_failed' };
  }
  return undefined;
}
