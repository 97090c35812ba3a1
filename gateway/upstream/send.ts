/** One try: the request as the exchange now has it, to one endpoint. */
import type { GatewayEnv } from '../bindings.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { Cluster } from '../snapshot.ts';
import type { Host } from './balance/host.ts';
import type { LimitReason } from './limit-try.ts';
import { lookAt } from './probe.ts';
import { tellingWhenBroken } from './unbroken-body.ts';

/**
 * Why there is no answer. gone: the client went away in the middle of its body; connect: nobody listens; handshake: no TLS session; reset: the connection broke; protocol: an
 * answer that cannot be passed on; the others are the signal's reason.
 */
export type Failure = 'gone' | 'connect' | 'handshake' | 'reset' | 'protocol' | LimitReason;

/** What goes out; an HttpExchange is one. `request` is what came in. */
export type Outgoing = Pick<HttpExchange, 'request' | 'env' | 'method' | 'authority' | 'path' | 'body'> & {
  requestHeaders: { headers(): Headers };
};

/** @returns the upstream's answer, its body unread, or why there is none. Never throws for what an upstream does. */
export async function send(
  outgoing: Outgoing,
  cluster: Cluster,
  host: Host,
  signal?: AbortSignal,
): Promise<Response | Failure> {
  const fetcher = outgoing.env[host.binding] as Fetcher;
  const whole = mayBreak(outgoing) ? breakable(outgoing.body, signal) : { body: outgoing.body, signal };
  try {
    const { method, requestHeaders } = outgoing;
    const headers = requestHeaders.headers();
    const { body, signal: limit = null } = whole;
    const answer = await fetcher.fetch(body !== null && isBodiless(method) ? passedOn(outgoing) : targetOf(outgoing), {
      ...(body !== null && isBodiless(method) ? {} : { method, body }),
      headers,
      signal: limit,
      redirect: 'manual',
    });
    return isUnasked(answer) ? 'protocol' : answer;
  } catch (error) {
    if (whole.signal?.aborted) return whole.signal.reason as LimitReason | 'gone';
    if ((outgoing.env as GatewayEnv).HIDDEN?.has(host.binding)) return 'reset';
    if (cluster.tls && !isLostConnection(error)) return 'handshake';
    // "Network connection lost." is all that the runtime says; Envoy tells the two apart and retries only refusals.
    return (await lookAt(host.endpoint)) === 'open' ? 'reset' : 'connect';
  }
}

/** The runtime gives a request of such a method no body, but passes on the one that it came in with. */
export const isBodiless = (method: string): boolean => method === 'GET' || method === 'HEAD';

const passedOn = (outgoing: Outgoing): Request => new Request(urlOf(outgoing), outgoing.request);

type Bytes = ReadableStream<Uint8Array>;

/** Of unknown length, and not the client's own stream: see unbroken-body.ts. */
function mayBreak(outgoing: Outgoing): outgoing is Outgoing & { body: Bytes } {
  const { body, request, requestHeaders } = outgoing;
  return body !== null && body !== request.body && !requestHeaders.headers().has('content-length');
}

function breakable(body: Bytes, signal: AbortSignal | undefined): { body: Bytes; signal: AbortSignal } {
  const controller = new AbortController();
  return {
    body: tellingWhenBroken(body, () => controller.abort('gone')),
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
  };
}

/** 101 where nobody asked for another protocol: no Response can be made of it. */
const isUnasked = (answer: Response): boolean => answer.status < 200 && !answer.webSocket;

/** The runtime marks lost connections so; a failed handshake is an "internal error" to it, its reason in its own log only. */
const isLostConnection = (error: unknown): boolean => (error as { retryable?: boolean }).retryable === true;

/** What a URL parser would write differently or refuse: escapes, dot segments, user information, an odd port. */
const CHANGED_BY_PARSING = /['"<>`{}^\\@]|\/\.|%2[eE]|:[^\d/]|:\d{5}/;

/**
 * A URL as text costs the runtime least (docs/performance.md, "Headers"), but is parsed. Where that would change it, the
 * incoming Request stands for its own URL, if that is still the one to ask for.
 */
function targetOf(outgoing: Outgoing): Request | string {
  const url = urlOf(outgoing);
  return CHANGED_BY_PARSING.test(url) && url === outgoing.request.url ? outgoing.request : url;
}

/** The scheme decides nothing here but which port the runtime drops from Host as the default: neither, as Envoy. */
function urlOf({ authority, path }: Outgoing): string {
  return `${authority.endsWith(':80') ? 'https' : 'http'}://${authority}${path}`;
}
