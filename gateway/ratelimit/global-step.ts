/** envoy.filters.http.ratelimit: asks for the request's descriptors, and refuses, passes or fails as configured. */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import { foldHeaderOperations, type HeaderChange } from '../route/header-operations.ts';
import type { RateLimit } from '../snapshot.ts';
import { share } from '../traffic/percent.ts';
import type { DescriptorMaker } from './actions/descriptor.ts';
import type { Decision } from './decision.ts';
import { addAll, type Pairs, rateLimitHeaders } from './limit-headers.ts';
import type { LimitRequestDescriptor } from './limiter.ts';
import { foldPolicies, perFilterConfig } from './policies.ts';
import { limiterOf, type SnapshotLimiter } from './snapshot-limiter.ts';
import { whenSent } from './when-sent.ts';

/** Everything that a route's step needs, folded. */
interface Folded {
  config: RateLimit;
  domain: string;
  limiter: SnapshotLimiter;
  makers: DescriptorMaker[];
  onStreamDone: DescriptorMaker[];
  enforced(): boolean;
  /** Whether a request is refused when the counters do not answer. */
  denied(): boolean;
  /** response_headers_to_add, of refusals. */
  edit: HeaderChange | undefined;
}

/** A step for a route that goes somewhere and can have descriptors; redirects and direct responses are never limited. */
export function foldRateLimit(config: RateLimit, scope: RouteScope): Step[] {
  if (scope.route?.action.kind !== 'forward' || config.requestType === 'internal') return [];
  const perRoute = perFilterConfig(scope, config.name, 'ratelimit');
  const own = perRoute && perRoute.rateLimits.length > 0 ? perRoute.rateLimits : config.rateLimits;
  const makers = foldPolicies(scope, own, config.stage, perRoute?.vhRateLimits ?? 'OVERRIDE');
  if (makers.length === 0 || config.filterEnabled <= 0) return [];
  const folded: Folded = {
    config,
    domain: perRoute?.domain || config.domain,
    limiter: limiterOf(scope.snapshot),
    makers: makers.filter(({ onStreamDone }) => !onStreamDone),
    onStreamDone: makers.filter(({ onStreamDone }) => onStreamDone),
    enforced: share(config.filterEnforced),
    denied: share(config.failureModeDeny),
    edit: foldHeaderOperations(config.responseHeadersToAdd),
  };
  return [stepOf(folded, share(config.filterEnabled))];
}

function stepOf(folded: Folded, enabled: () => boolean): Step {
  /** Headers for the answer, of requests that pass. */
  const added = new WeakMap<Exchange, Pairs>();
  const response = (exchange: Exchange): void => {
    const pairs = added.get(exchange);
    if (pairs) addAll(exchange.responseHeaders, pairs);
    if (folded.onStreamDone.length > 0) whenSent(exchange, () => chargeDone(folded, exchange));
  };
  return {
    request: (exchange) => {
      if (!enabled()) return undefined;
      const descriptors = made(folded.makers, exchange);
      if (descriptors.length === 0) return undefined;
      const pass = (pairs: Pairs): undefined => {
        if (pairs.length > 0) added.set(exchange, pairs);
      };
      return ask(folded, exchange, descriptors, pass);
    },
    ...(needsResponse(folded) ? { response } : {}),
  };
}

function needsResponse({ config, onStreamDone }: Folded): boolean {
  return config.enableXRatelimitHeaders || config.filterEnforced < 100 || onStreamDone.length > 0;
}

function made(makers: readonly DescriptorMaker[], exchange: Exchange): LimitRequestDescriptor[] {
  return makers.flatMap((maker) => maker.make(exchange) ?? []);
}

type Pass = (pairs: Pairs) => undefined;

function ask(
  folded: Folded,
  exchange: Exchange,
  descriptors: LimitRequestDescriptor[],
  pass: Pass,
): Verdict | Promise<Verdict> {
  const { limiter, domain, config } = folded;
  const answer = limiter.decide({ domain, descriptors }, exchange, config.timeoutMs);
  if (!(answer instanceof Promise)) return verdict(folded, answer, pass);
  return answer.then(
    (decision) => verdict(folded, decision, pass),
    () => failure(folded, exchange),
  );
}

function verdict(folded: Folded, decision: Decision, pass: Pass): Verdict {
  const { config } = folded;
  const headers = config.enableXRatelimitHeaders ? rateLimitHeaders(decision) : [];
  if (!decision.over) return pass(headers);
  const marked: Pairs = config.disableXEnvoyRatelimitedHeader ? [] : [['x-envoy-ratelimited', 'true']];
  if (!folded.enforced()) return pass([...marked, ...headers]);
  return refusal(folded, [...marked, ...headers]);
}

/** Empty body, no content type; a gRPC client gets UNAVAILABLE, or RESOURCE_EXHAUSTED when asked for. */
function refusal({ config, edit }: Folded, headers: Pairs): LocalReply {
  return {
    status: config.rateLimitedStatus,
    body: '',
    headers,
    ...(edit ? { edit } : {}),
    flag: 'RL',
    details: 'request_rate_limited',
    grpcStatus: config.rateLimitedAsResourceExhausted ? 8 : 14,
  };
}

/** The counters cannot be reached, or not in time, or there is no configuration. */
function failure({ config, denied }: Folded, exchange: Exchange): Verdict {
  if (!denied()) return undefined;
  exchange.flags.add('RLSE');
  return { status: config.statusOnError, body: '', flag: 'RLSE', details: 'rate_limiter_error' };
}

/** Charged after the answer: it can refuse nothing any more. */
function chargeDone({ limiter, domain, onStreamDone, config }: Folded, exchange: Exchange): void {
  const descriptors = made(onStreamDone, exchange);
  if (descriptors.length === 0) return;
  const answer = limiter.decide({ domain, descriptors }, exchange, config.timeoutMs);
  if (answer instanceof Promise) exchange.waitUntil(answer.catch(() => undefined));
}
