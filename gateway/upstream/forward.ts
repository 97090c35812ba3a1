/** Forwarding: choose the destination, change the request, send it as often as the retry policy says, take the answer over. */
import type { Exchange, Verdict } from '../exchange.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { ForwardAction, Route, Snapshot } from '../snapshot.ts';
import { Deadline } from '../traffic/deadline.ts';
import { grpcTimeoutMs } from '../traffic/grpc-timeout.ts';
import { foldMirrors } from '../traffic/mirror.ts';
import { foldRetry, onlyResets } from '../traffic/retry.ts';
import { announce, attempts, type ForwardPlan } from './attempts.ts';
import { chooseHost } from './choose-host.ts';
import { foldDestinations } from './destination.ts';
import { NO_CLUSTER, NO_HEALTHY_UPSTREAM, NOT_A_PATH } from './failure-reply.ts';
import { foldRequestHash } from './request-hash.ts';

export function foldForward(
  snapshot: Snapshot,
  route: Route,
  action: ForwardAction,
): (exchange: Exchange) => Verdict | Promise<Verdict> {
  const choose = foldDestinations(snapshot, route, action);
  const hashOf = foldRequestHash(action.hashPolicy);
  const plan: ForwardPlan = {
    timeoutMs: action.timeoutMs,
    retry: foldRetry(action.retry),
    mirror: foldMirrors(snapshot, action),
    told: snapshot.mesh.proxyHeaders ?? {},
  };
  // The entry's answers are its last word; only what did not get there is tried again from here.
  const delegatedPlan: ForwardPlan = { ...plan, retry: plan.retry && onlyResets(plan.retry) };
  const expected = (timeoutMs: number) => new Deadline(timeoutMs, 0).expectedMs(plan.retry?.perTryTimeoutMs ?? 0, 0);
  const expectedMs = expected(action.timeoutMs);
  return (exchange) => {
    const destination = choose(exchange);
    exchange.upstream.cluster = destination.name;
    const { balancer } = destination;
    if (balancer === undefined) return NO_CLUSTER;
    const grpcMs = grpcTimeoutMs(exchange.requestHeaders, action.timeoutMs);
    if (grpcMs === undefined) announce(exchange, plan, 1, expectedMs);
    else announce(exchange, { ...plan, grpc: true }, 1, expected(grpcMs));
    destination.prepare(exchange);
    if (!exchange.path.startsWith('/')) return NOT_A_PATH;
    // The hash is of the request as it goes upstream, and made only where it is looked at, cookies too (a real Envoy's is).
    const cookies: string[] = [];
    const hash = balancer.hashed ? hashOf?.(exchange, cookies) : undefined;
    const host = chooseHost(balancer, (exchange as HttpExchange).env, hash);
    if (host === undefined) return NO_HEALTHY_UPSTREAM;
    const { guard, sign, delegated } = destination;
    const target = { balancer, guard, sign, hash, cookies, first: host };
    const folded = delegated ? delegatedPlan : plan;
    const own = grpcMs === undefined ? folded : { ...folded, timeoutMs: grpcMs, grpc: true };
    return attempts(exchange as HttpExchange, own, target);
  };
}
