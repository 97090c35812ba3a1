/** The upstream's answer becomes the exchange's. */
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { Cluster } from '../snapshot.ts';
import { readEntry } from './mesh-headers.ts';
import { watchBody } from './watch-body.ts';

export interface TakeOver {
  /** Milliseconds; when the first try was sent. */
  started: number;
  /** When the route's timeout ends, Infinity without. */
  until: number;
  /** With the header about how long it took. */
  explains: boolean;
  /** Called when the answer has ended. */
  ended: (() => void) | undefined;
}

/** The last status that a Response can be made with; HTTP allows three digits. */
const LAST_STATUS = 599;
const SWITCHING_PROTOCOLS = 101;

/**
 * The Response that goes on to the client, its headers open to changes. The body passes untouched, at the runtime's own
 * speed, unless its end matters.
 */
export function takeOver(
  exchange: HttpExchange,
  answer: Response,
  { resolution }: Cluster,
  { started, until, ended, explains }: TakeOver,
): void {
  // The runtime makes no Response with such a status, but passes one on: then its headers stay the upstream's.
  const { status } = answer;
  const fixed = status > LAST_STATUS;
  exchange.passOn(fixed ? answer : changeable(exchange, answer, status, until, ended), status, !fixed);
  if (fixed) ended?.();
  exchange.details = 'via_upstream';
  const entry = resolution === 'MESH' ? readEntry(exchange.responseHeaders) : undefined;
  if (entry) {
    for (const flag of entry.flags) exchange.flags.add(flag);
    exchange.details = entry.details;
  }
  if (explains) exchange.responseHeaders.set('x-envoy-upstream-service-time', String(Date.now() - started));
}

function changeable(
  exchange: HttpExchange,
  answer: Response,
  status: number,
  until: number,
  ended: (() => void) | undefined,
): Response {
  if (status !== SWITCHING_PROTOCOLS) return new Response(bodyOf(exchange, answer, until, ended), answer);
  ended?.();
  return upgraded(answer);
}

/** A WebSocket's end is not seen here, so it counts for nothing. */
function upgraded({ status, headers, webSocket }: Response): Response {
  return new Response(null, { status, headers, webSocket });
}

function bodyOf(
  exchange: HttpExchange,
  answer: Response,
  until: number,
  ended: (() => void) | undefined,
): ReadableStream | null {
  const { body } = answer;
  if (body === null) ended?.();
  if (body === null || (until === Number.POSITIVE_INFINITY && ended === undefined)) return body;
  // The length of an encoded answer is not that of what the runtime hands over here.
  const { headers } = answer;
  const length = headers.has('content-encoding') ? null : headers.get('content-length');
  const watched = watchBody(body as ReadableStream<Uint8Array>, length, until);
  const counted = watched.ended.then((late) => {
    if (late) exchange.flags.add('UT');
    ended?.();
  });
  // A client that goes away takes everything with it that nobody waits for.
  if (ended) exchange.waitUntil(counted);
  return watched.body;
}
