/** Forwarding: choose the destination, change the request, send, take the answer over. */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { Cluster, ForwardAction, Route, Snapshot } from '../snapshot.ts';
import { foldDestinations } from './destination.ts';
import { pickEndpoint } from './pick-endpoint.ts';
import { type Failure, send } from './send.ts';

/** The cluster does not exist (unknown subset, host or port): 503 with an empty body. */
const NO_CLUSTER: LocalReply = { status: 503, body: '', flag: 'NC', details: 'cluster_not_found' };
const NO_HEALTHY_UPSTREAM: LocalReply = {
  status: 503,
  body: 'no healthy upstream',
  flag: 'UH',
  details: 'no_healthy_upstream',
};

export function foldForward(
  snapshot: Snapshot,
  route: Route,
  action: ForwardAction,
): (exchange: Exchange) => Verdict | Promise<Verdict> {
  const choose = foldDestinations(snapshot, route, action);
  return (exchange) => {
    const destination = choose(exchange);
    exchange.upstream.cluster = destination.name;
    if (destination.cluster === undefined) return NO_CLUSTER;
    // Before the route's operations, which may take it away again (captured: headers/remove-special).
    exchange.requestHeaders.set('x-envoy-attempt-count', '1');
    destination.prepare(exchange);
    return forward(exchange as HttpExchange, destination.cluster);
  };
}

async function forward(exchange: HttpExchange, cluster: Cluster): Promise<Verdict> {
  const endpoint = pickEndpoint(cluster, exchange, []);
  if (endpoint === undefined) return NO_HEALTHY_UPSTREAM;
  exchange.upstream.endpoint = endpoint;
  exchange.upstream.attempts = 1;
  const sent = Date.now();
  const answer = await send(exchange, cluster, endpoint);
  if (typeof answer === 'string') return failureReply(answer);
  takeOver(exchange, answer, sent);
  exchange.routeHeaders?.(exchange.responseHeaders, exchange);
  return undefined;
}

/** Makes the upstream's answer the exchange's: the Response that goes on to the client, its headers open to changes. */
export function takeOver(exchange: HttpExchange, answer: Response, sentAt: number): void {
  const passedOn = answer.webSocket === null ? new Response(answer.body, answer) : upgraded(answer);
  exchange.answer = passedOn;
  exchange.status = answer.status;
  exchange.details = 'via_upstream';
  exchange.responseBody = passedOn.body as ReadableStream<Uint8Array> | null;
  exchange.responseHeaders = new CopyOnWriteHeaders(passedOn.headers, true);
  exchange.responseHeaders.set('x-envoy-upstream-service-time', String(Date.now() - sentAt));
}

function upgraded({ status, headers, webSocket }: Response): Response {
  return new Response(null, { status, headers, webSocket });
}

const FAILURES: Record<Failure, LocalReply> = {
  connect: {
    status: 503,
    body: 'upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure',
    flag: 'UF',
    details: 'upstream_reset_before_response_started{remote_connection_failure}',
  },
  reset: {
    status: 503,
    body: 'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
    flag: 'UC',
    details: 'upstream_reset_before_response_started{connection_termination}',
  },
  timeout: { status: 504, body: 'upstream request timeout', flag: 'UT', details: 'response_timeout' },
};

export function failureReply(failure: Failure): LocalReply {
  return FAILURES[failure];
}
