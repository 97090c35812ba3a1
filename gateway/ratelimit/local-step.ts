/** envoy.filters.http.local_ratelimit: token buckets of this process, for a listener, a virtual host or a route. */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import type { LocalRateLimit, LocalRateLimitConfig } from '../snapshot.ts';
import { share } from '../traffic/percent.ts';
import type { DescriptorMaker } from './actions/descriptor.ts';
import { addAll, configured, type Pairs, requestHeaders } from './limit-headers.ts';
import { LocalBuckets, type LocalDecision } from './local-buckets.ts';
import { foldPolicies, perFilterConfig } from './policies.ts';

/** Buckets belong to their configuration: routes that share one share its tokens. */
const bucketsOf = new WeakMap<LocalRateLimitConfig, LocalBuckets>();

export function foldLocalRateLimit(filter: LocalRateLimit, scope: RouteScope): Step[] {
  const config = perFilterConfig(scope, filter.name, 'local_ratelimit')?.config ?? filter.config;
  if (config.filterEnabled <= 0 || !config.tokenBucket) return [];
  const makers = foldPolicies(scope, config.rateLimits, config.stage, config.vhRateLimits);
  return [stepOf(config, makers)];
}

function stepOf(config: LocalRateLimitConfig, makers: readonly DescriptorMaker[]): Step {
  const enabled = share(config.filterEnabled);
  const enforced = share(config.filterEnforced);
  const headersToAdd = configured(config.responseHeadersToAdd);
  const mark = requestHeaders(config.requestHeadersToAddWhenNotEnforced);
  const added = new WeakMap<Exchange, Pairs>();
  const request = (exchange: Exchange): Verdict => {
    if (!enabled()) return undefined;
    const now = Date.now();
    const decision = decide(config, makers, exchange, now);
    const headers = config.enableXRatelimitHeaders ? bucketHeaders(decision, now) : [];
    if (!decision.allowed && enforced()) return refusal(config, [...headersToAdd(exchange), ...headers]);
    if (!decision.allowed) mark(exchange);
    if (headers.length > 0) added.set(exchange, headers);
    return undefined;
  };
  const response = (exchange: Exchange): void => addAll(exchange.responseHeaders, added.get(exchange) ?? []);
  return config.enableXRatelimitHeaders ? { request, response } : { request };
}

function decide(
  config: LocalRateLimitConfig,
  makers: readonly DescriptorMaker[],
  exchange: Exchange,
  now: number,
): LocalDecision {
  let buckets = bucketsOf.get(config);
  if (!buckets) {
    buckets = new LocalBuckets(config, now);
    bucketsOf.set(config, buckets);
  }
  const descriptors = makers.flatMap((maker) => maker.make(exchange) ?? []);
  return buckets.decide(descriptors, now);
}

function bucketHeaders({ bucket }: LocalDecision, now: number): Pairs {
  if (!bucket) return [];
  const remaining = bucket.remaining(now);
  return [
    ['x-ratelimit-limit', String(bucket.maxTokens)],
    ['x-ratelimit-remaining', String(remaining)],
    ['x-ratelimit-reset', String(remaining > 0 ? 0 : bucket.secondsToToken(now))],
  ];
}

function refusal(config: LocalRateLimitConfig, headers: Pairs): LocalReply {
  return {
    status: config.status,
    body: 'local_rate_limited',
    headers,
    flag: 'RL',
    details: 'local_rate_limited',
    grpcStatus: config.rateLimitedAsResourceExhausted ? 8 : 14,
  };
}
