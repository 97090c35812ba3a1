/** What came of the request: status, flags, sizes, times. */
import type { Exchange } from '../../exchange.ts';
import { RESPONSE_FLAGS } from '../flags.ts';
import type { Operator, Operators } from './operator.ts';

const always = (operator: Operator) => () => operator;
const elapsed = (x: Exchange) => Date.now() - x.startTime;

/** Streams are passed on unread, so their size is what Content-Length says. */
function declaredLength(value: string | null): number {
  const length = Number(value ?? 0);
  return Number.isFinite(length) ? length : 0;
}

/** A dash for none in headers too, not only in logs (a real Envoy's). */
function flags(exchange: Exchange, name: (flag: keyof typeof RESPONSE_FLAGS) => string): string {
  return exchange.flags.size === 0 ? '-' : Array.from(exchange.flags, name).join(',');
}

/** The body of a HEAD's answer is never sent. */
const sent = (x: Exchange) => (x.method === 'HEAD' ? 0 : declaredLength(x.responseHeaders.get('content-length')));
const answered = (x: Exchange) => x.upstream.attempts > 0 && x.upstream.failure === undefined;

export const RESPONSE_OPERATORS: Operators = {
  RESPONSE_CODE: always((x) => x.status),
  RESPONSE_CODE_DETAILS: always((x) => x.details || undefined),
  RESPONSE_FLAGS: always((x) => flags(x, (flag) => flag)),
  RESPONSE_FLAGS_LONG: always((x) => flags(x, (flag) => RESPONSE_FLAGS[flag])),
  BYTES_RECEIVED: always((x) => declaredLength(x.requestHeaders.get('content-length'))),
  BYTES_SENT: always(sent),
  DURATION: always(elapsed),
  REQUEST_DURATION: always(elapsed),
  RESPONSE_DURATION: always((x) => (answered(x) ? elapsed(x) : undefined)),
  RESPONSE_TX_DURATION: always((x) => (answered(x) ? 0 : undefined)),
};
