/** One try of a request: admitted by the circuit breaker, limited in time, its end told to the balancer. */
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { Cluster } from '../snapshot.ts';
import type { ResetReason } from '../traffic/retry.ts';
import type { Balancer } from './balance/balancer.ts';
import type { Host } from './balance/host.ts';
import { limitTry } from './limit-try.ts';
import { send } from './send.ts';

export type Outcome = Response | ResetReason;

/** What a try needs of a request's target. */
export interface Tried {
  balancer: Balancer;
  /** Counts the request down whose answer has begun; there where requests are limited. */
  release?: () => void;
}

/** @param tryMs until the headers, Infinity: no limit. @returns the answer, its body unread, or why there is none */
export function attemptOnce(exchange: HttpExchange, target: Tried, host: Host, tryMs: number): Promise<Outcome> {
  return target.balancer.breaker.limits
    ? sendAdmitted(exchange, target, host, tryMs)
    : sendTo(exchange, target.balancer, host, tryMs);
}

async function sendAdmitted(exchange: HttpExchange, target: Tried, host: Host, tryMs: number): Promise<Outcome> {
  const started = Date.now();
  const release = await target.balancer.breaker.admit(host, tryMs);
  if (typeof release === 'string') return release;
  const outcome = await sendTo(exchange, target.balancer, host, tryMs - (Date.now() - started));
  if (typeof outcome === 'string') release();
  else target.release = release;
  return outcome;
}

async function sendTo(
  exchange: HttpExchange,
  { cluster, detector }: Balancer,
  host: Host,
  tryMs: number,
): Promise<Outcome> {
  const started = Date.now();
  const busy = host.inFlight.begin(started);
  const limit = limitTry(tryMs, connectMs(host, cluster, started), host.endpoint);
  const outcome = await send(exchange, cluster, host, limit.signal);
  limit.cancel();
  busy.count--;
  if (outcome === 'gone') return outcome;
  const ended = Date.now();
  if (typeof outcome === 'string') {
    detector?.failed(host, outcome, ended);
  } else {
    host.answeredAt = ended;
    detector?.answered(host, outcome.status, ended);
  }
  return outcome;
}

/** Whoever answered lately has connections standing, as in Envoy's pool: connecting takes no time, and no timer. */
function connectMs({ answeredAt }: Host, { connectTimeoutMs, resolution }: Cluster, now: number): number {
  const stands = resolution === 'MESH' || now - answeredAt < connectTimeoutMs;
  return stands ? Number.POSITIVE_INFINITY : connectTimeoutMs;
}
