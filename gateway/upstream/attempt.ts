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
export async function attemptOnce(exchange: HttpExchange, target: Tried, host: Host, tryMs: number): Promise<Outcome> {
  const { breaker } = target.balancer;
  if (!breaker.limits) return sendTo(exchange, target.balancer, host, tryMs);
  const started = Date.now();
  const release = await breaker.admit(host, tryMs);
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
  const busy = host.inFlight.begin(Date.now());
  const limit = limitTry(tryMs, connectMs(host, cluster), host.endpoint);
  const outcome = await send(exchange, cluster, host, limit.signal);
  limit.cancel();
  busy.count--;
  if (outcome === 'gone') return outcome;
  if (typeof outcome === 'string') {
    detector?.failed(host, outcome, Date.now());
  } else {
    host.answeredAt = Date.now();
    detector?.answered(host, outcome.status, Date.now());
  }
  return outcome;
}

/** Whoever answered lately has connections standing, as in Envoy's pool: connecting takes no time, and no timer. */
function connectMs({ answeredAt }: Host, { connectTimeoutMs, resolution }: Cluster): number {
  const stands = resolution === 'MESH' || Date.now() - answeredAt < connectTimeoutMs;
  return stands ? Number.POSITIVE_INFINITY : connectTimeoutMs;
}
