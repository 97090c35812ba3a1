/** One request's tries: each to a host of the balancer, until an answer counts or nothing more is allowed. */
import type { Guard } from '../authz/early.ts';
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import type { Cluster, ProxyHeaders } from '../snapshot.ts';
import { Deadline } from '../traffic/deadline.ts';
import { grpcTimeout } from '../traffic/grpc-timeout.ts';
import type { FoldedMirrors } from '../traffic/mirror.ts';
import { Once, type ReplayableBody, replayable } from '../traffic/replay.ts';
import type { FoldedRetry } from '../traffic/retry.ts';
import type { Sign } from './assertion.ts';
import { attemptOnce, type Outcome, type Tried } from './attempt.ts';
import { EarlierTries } from './balance/earlier-tries.ts';
import { Host } from './balance/host.ts';
import type { Span } from './balance/in-flight.ts';
import type { Hash64 } from './balance/xxhash64.ts';
import { chooseHost } from './choose-host.ts';
import { failureReply, NO_HEALTHY_UPSTREAM, timeoutReply } from './failure-reply.ts';
import { withoutPolicy } from './mesh-headers.ts';
import { isBodiless } from './send.ts';
import { takeOver } from './take-over.ts';
import { ofLength } from './unbroken-body.ts';

/** Folded once for each route. */
export interface ForwardPlan {
  /** Of the whole answer; 0 = none. */
  timeoutMs: number;
  retry: FoldedRetry | undefined;
  mirror: FoldedMirrors | undefined;
  /** The request is gRPC, whose upstreams read its timeout from a header of their own. */
  grpc?: boolean;
  /** Which headers tell about the tries. */
  told: Pick<ProxyHeaders, 'attemptCount' | 'debugHeaders'>;
}

/** What was found for this request. */
export interface Target extends Tried {
  /** What the workloads behind would refuse, asked of the request as it is then. */
  guard: Guard | undefined;
  /** Signs the request for the mesh entry. */
  sign: Sign | undefined;
  hash: Hash64 | undefined;
  /** Set-Cookie lines for the answer, once for each try. */
  cookies: readonly string[];
  first: Host;
  /** The retry under way. */
  retrying?: Span;
}

/** Asks what the workloads behind would refuse, then tries. */
export function attempts(exchange: HttpExchange, plan: ForwardPlan, target: Target): Promise<Verdict> {
  const { guard, sign } = target;
  return guard || sign ? permitted(exchange, plan, target) : counted(exchange, plan, target);
}

async function permitted(exchange: HttpExchange, plan: ForwardPlan, target: Target): Promise<Verdict> {
  const refused = await target.guard?.(exchange);
  if (refused !== undefined) return refused;
  await target.sign?.(exchange);
  return counted(exchange, plan, target);
}

function counted(exchange: HttpExchange, plan: ForwardPlan, target: Target): Promise<Verdict> {
  const verdict = tryHosts(exchange, plan, target);
  // Where requests or retries are limited, one whose client goes away has to be counted down all the same.
  const { limits, limitsRetries } = target.balancer.breaker;
  if (limits || limitsRetries) exchange.waitUntil(verdict);
  return verdict;
}

async function tryHosts(exchange: HttpExchange, plan: ForwardPlan, target: Target): Promise<Verdict> {
  const { balancer, hash } = target;
  const perTryMs = plan.retry?.perTryTimeoutMs ?? 0;
  const started = Date.now();
  let now = started;
  const deadline = new Deadline(plan.timeoutMs, started);
  const body = bodyOf(exchange, plan);
  plan.mirror?.(exchange, body);
  const tried = plan.retry && new EarlierTries(plan.retry);
  let host = target.first;
  for (let attempt = 1; ; attempt++) {
    exchange.upstream.endpoint = host.endpoint;
    exchange.upstream.attempts = attempt;
    if (attempt > 1) announce(exchange, plan, attempt, deadline.expectedMs(perTryMs, now));
    exchange.body = body.take() ?? null;
    const outcome = await attemptOnce(exchange, target, host, deadline.tryMs(perTryMs, now));
    const wait = retryWait(exchange, plan.retry, target, { outcome, attempt, deadline, body });
    if (wait === undefined) {
      body.release();
      const explains = plan.told.debugHeaders ?? true;
      return finish(exchange, target, { outcome, attempt, started, deadline, explains });
    }
    letGo(exchange, outcome, balancer.cluster);
    tried?.add(host);
    await new Promise((resolve) => setTimeout(resolve, Math.min(wait, deadline.at - Date.now())));
    now = Date.now();
    const next = deadline.passed(now)
      ? timeoutReply('response_timeout')
      : chooseHost(balancer, exchange.env, hash, tried);
    if (!(next instanceof Host)) {
      endRetry(target);
      return next ?? NO_HEALTHY_UPSTREAM;
    }
    host = next;
  }
}

/** Envoy counts a retry from the decision to make it until the next one. */
function endRetry(target: Target): void {
  if (target.retrying) target.retrying.count--;
  delete target.retrying;
}

/** Of a try that another one follows. */
function letGo(exchange: HttpExchange, outcome: Outcome, cluster: Cluster): void {
  if (outcome instanceof Response) outcome.body?.cancel().catch(() => {});
  else if (outcome !== 'connect' && outcome !== 'handshake') withoutPolicy(exchange, cluster);
}

/** Only a request that may be sent twice has its body kept; the runtime makes no copy of a GET's. */
function bodyOf(exchange: HttpExchange, { retry, mirror }: ForwardPlan): ReplayableBody {
  if (exchange.body === null) return replayable(null, null);
  const length = exchange.requestHeaders.get('content-length');
  if (length === '0') return replayable(null, null);
  // Filters put streams of their own in its place, which have no length.
  const body = exchange.body === exchange.request.body ? exchange.body : ofLength(exchange.body, length);
  const isKept = (retry !== undefined || mirror !== undefined) && !isBodiless(exchange.method);
  return isKept ? replayable(body, length) : new Once(body);
}

/**
 * Tells the upstream which try this is and how long it has. For the first try before the route's operations, which may
 * take that away again (captured: headers/remove-special).
 */
export function announce(
  { upstream, requestHeaders }: Exchange,
  { told, grpc }: Pick<ForwardPlan, 'told' | 'grpc'>,
  attempt: number,
  expectedMs: number | undefined,
): void {
  upstream.attempts = attempt;
  if (told.attemptCount !== false) requestHeaders.set('x-envoy-attempt-count', String(attempt));
  if (expectedMs === undefined) return;
  if (told.debugHeaders !== false) requestHeaders.set('x-envoy-expected-rq-timeout-ms', String(expectedMs));
  if (grpc) requestHeaders.set('grpc-timeout', grpcTimeout(expectedMs));
}

interface Ended {
  outcome: Outcome;
  attempt: number;
  deadline: Deadline;
  body: ReplayableBody;
}

/** Milliseconds until the next try; undefined when this outcome stands. */
function retryWait(
  exchange: HttpExchange,
  retry: FoldedRetry | undefined,
  target: Target,
  { outcome, attempt, deadline, body }: Ended,
): number | undefined {
  if (retry === undefined) return undefined;
  endRetry(target);
  const wanted =
    typeof outcome === 'string'
      ? retry.retriesReset(outcome) && !deadline.passed(Date.now())
      : retry.retriesAnswer(outcome.status, outcome.headers);
  if (!wanted) return undefined;
  if (attempt > retry.attempts) {
    if (retry.attempts > 0) exchange.flags.add('URX');
    return undefined;
  }
  if (!body.mayRepeat()) return undefined;
  const retrying = target.balancer.breaker.beginRetry(Date.now());
  if (retrying === undefined) {
    exchange.flags.add('UO');
    return undefined;
  }
  target.retrying = retrying;
  target.release?.();
  delete target.release;
  return retry.backoff(attempt);
}

interface Finished {
  outcome: Outcome;
  attempt: number;
  started: number;
  deadline: Deadline;
  /** With headers of our own about what happened. */
  explains: boolean;
}

function finish(
  exchange: HttpExchange,
  { balancer, cookies, release }: Target,
  { outcome, attempt, started, deadline, explains }: Finished,
): LocalReply | undefined {
  if (typeof outcome === 'string') {
    exchange.upstream.failure = outcome;
    if (outcome === 'timeout' && deadline.passed(Date.now())) return timeoutReply('response_timeout');
    return failureReply(outcome, attempt, explains);
  }
  takeOver(exchange, outcome, balancer.cluster, { started, until: deadline.at, ended: release, explains });
  exchange.routeHeaders?.(exchange.responseHeaders, exchange);
  // Envoy hashes for each try anew.
  for (let tries = 0; tries < attempt; tries++)
    for (const cookie of cookies) exchange.responseHeaders.append('set-cookie', cookie);
  return undefined;
}
