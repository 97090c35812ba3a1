/** envoy.filters.http.local_ratelimit: token buckets of this process, for a listener, a virtual host or a route. */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import { foldHeaderOperations, type HeaderChange } from '../route/header-operations.ts';
import type { Listener, LocalRateLimit, LocalRateLimitConfig } from '../snapshot.ts';
import { share } from '../traffic/percent.ts';
import type { DescriptorMaker } from './actions/descriptor.ts';
import { addAll, type Pairs } from './limit-headers.ts';
import { LocalBuckets, type LocalDecision } from './local-buckets.ts';
import { foldPolicies, perFilterConfig } from './policies.ts';

/** Buckets belong to their configuration: routes that share one share its tokens. */
const bucketsOf = new WeakMap<LocalRateLimitConfig, LocalBuckets>();
/** Those of a route table belong to its listener, under their name. */
const sharedBuckets = new WeakMap<Listener, Map<string, LocalBuckets>>();

export function foldLocalRateLimit(filter: LocalRateLimit, scope: RouteScope): Step[] {
  const config = perFilterConfig(scope, filter.name, 'local_ratelimit')?.config ?? filter.config;
  if (config.filterEnabled <= 0 || (!config.tokenBucket && config.descriptors.length === 0)) return [];
  const makers = foldPolicies(scope, config.rateLimits, config.stage, config.vhRateLimits);
  return [stepOf(config, makers)];
}

function stepOf(config: LocalRateLimitConfig, makers: readonly DescriptorMaker[]): Step {
  const enabled = share(config.filterEnabled);
  const enforced = share(config.filterEnforced);
  const edit = foldHeaderOperations(config.responseHeadersToAdd);
  const mark = foldHeaderOperations(config.requestHeadersToAddWhenNotEnforced);
  const added = new WeakMap<Exchange, Pairs>();
  const request = (exchange: Exchange): Verdict => {
    if (!enabled()) return undefined;
    const now = Date.now();
    const decision = decide(config, makers, exchange, now);
    const headers = config.enableXRatelimitHeaders ? bucketHeaders(decision, now) : [];
    if (!decision.allowed && enforced()) return refusal(config, headers, edit);
    if (!decision.allowed) mark?.(exchange.requestHeaders, exchange);
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
  const descriptors = makers.flatMap((maker) => maker.make(exchange) ?? []);
  return findBuckets(config, exchange.listener, now).decide(descriptors, now);
}

function findBuckets(config: LocalRateLimitConfig, listener: Listener, now: number): LocalBuckets {
  const found = bucketsOf.get(config);
  if (found) return found;
  const named = sharedBuckets.get(listener) ?? new Map<string, LocalBuckets>();
  const { sharedBuckets: name } = config;
  const buckets = (name && named.get(name)) || new LocalBuckets(config, now);
  if (name) sharedBuckets.set(listener, named.set(name, buckets));
  bucketsOf.set(config, buckets);
  return buckets;
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

function refusal(config: LocalRateLimitConfig, headers: Pairs, edit: HeaderChange | undefined): LocalReply {
  return {
    status: config.status,
    body: 'local_rate_limited',
    edit: (responseHeaders, exchange) => {
      edit?.(responseHeaders, exchange);
      addAll(responseHeaders, headers);
    },
    flag: 'RL',
    details: 'local_rate_limited',
    grpcStatus: config.rateLimitedAsResourceExhausted ? 8 : 14,
  };
}
