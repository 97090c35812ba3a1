/** Forwarding: choose the destination, change the request, send it as often as the retry policy says, take the answer over. */
import type { Exchange, Verdict } from '../exchange.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { ForwardAction, Route, Snapshot } from '../snapshot.ts';
import { foldMirrors } from '../traffic/mirror.ts';
import { foldRetry } from '../traffic/retry.ts';
import { attempts } from './attempts.ts';
import { foldDestinations } from './destination.ts';
import { NO_CLUSTER, NO_HEALTHY_UPSTREAM } from './failure-reply.ts';
import { foldRequestHash } from './request-hash.ts';

export function foldForward(
  snapshot: Snapshot,
  route: Route,
  action: ForwardAction,
): (exchange: Exchange) => Verdict | Promise<Verdict> {
  const choose = foldDestinations(snapshot, route, action);
  const hashOf = foldRequestHash(action.hashPolicy);
  const plan = {
    timeoutMs: action.timeoutMs,
    retry: foldRetry(action.retry),
    mirror: foldMirrors(snapshot, action),
  };
  return (exchange) => {
    const destination = choose(exchange);
    exchange.upstream.cluster = destination.name;
    const { balancer } = destination;
    if (balancer === undefined) return NO_CLUSTER;
    // The hash is of the request as it came: Envoy picks the host before it changes the headers.
    const cookies: string[] = [];
    const hash = hashOf?.(exchange, cookies);
    const host = balancer.pick(hash);
    if (host === undefined) return NO_HEALTHY_UPSTREAM;
    return attempts(exchange as HttpExchange, plan, {
      balancer,
      prepare: destination.prepare,
      guard: destination.guard,
      hash,
      cookies,
      first: host,
    });
  };
}
