/** The HTTP filters that EnvoyFilters may bring: their type names, old ones too, and their configuration. */
import type {
  HttpFilter,
  LocalRateLimitConfig,
  PerFilterConfig,
  RateLimit,
  SetMetadata,
} from '../../../gateway/snapshot.ts';
import { localRateLimitConfig } from './local-rate-limit.ts';
import { EnvoyRejects, type Json, Message, typedConfig } from './message.ts';
import { ownRateLimits } from './rate-limits.ts';
import { statusCode } from './status-code.ts';
import { headerEdits, percent, type Runtime } from './values.ts';
import { atMost, oneOf, requiredText, violation } from './violations.ts';

export const RATE_LIMIT = new Set([
  'envoy.extensions.filters.http.ratelimit.v3.RateLimit',
  'envoy.config.filter.http.rate_limit.v2.RateLimit',
  'envoy.config.filter.http.rate_limit.v3.RateLimit',
]);
export const LOCAL_RATE_LIMIT = new Set(['envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit']);
const SET_METADATA = new Set(['envoy.extensions.filters.http.set_metadata.v3.Config']);
const PER_ROUTE = 'envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute';

const DRAFTS = ['OFF', 'DRAFT_VERSION_03'] as const;

/** Envoy's default of 20 ms is meant for a service beside the proxy; the counters of an edge may be a continent away. */
export const DEFAULT_TIMEOUT_MS = 1000;

export interface Parsed<T> {
  config: T;
  /** Fields that have an effect in Envoy and none here. */
  unread: string[];
}

/** @returns undefined for a filter that is not known here. @throws EnvoyRejects. */
export function httpFilterConfig(
  name: string,
  value: unknown,
  runtime: Runtime,
): Parsed<HttpFilter['config']> | undefined {
  const { type, fields } = typedConfig(value, 'typed_config');
  const message = new Message(fields);
  const config = read(name, type, message, runtime);
  return config && { config, unread: message.unread() };
}

function read(name: string, type: string, message: Message, runtime: Runtime): HttpFilter['config'] | undefined {
  if (RATE_LIMIT.has(type)) return rateLimit(name, message, runtime);
  if (LOCAL_RATE_LIMIT.has(type))
    return { kind: 'local_ratelimit', name, config: localRateLimitConfig(message, runtime) };
  return SET_METADATA.has(type) ? setMetadata(name, message) : undefined;
}

/** typed_per_filter_config of one filter. */
export function perFilterConfig(value: unknown, runtime: Runtime): Parsed<PerFilterConfig> | undefined {
  const { type, fields } = typedConfig(value, 'typed_per_filter_config');
  const message = new Message(fields);
  if (LOCAL_RATE_LIMIT.has(type)) {
    const config: LocalRateLimitConfig = localRateLimitConfig(message, runtime);
    if (!config.tokenBucket) throw new EnvoyRejects('local rate limit token bucket must be set for per filter configs');
    return { config: { kind: 'local_ratelimit', config }, unread: message.unread() };
  }
  if (type !== PER_ROUTE) return undefined;
  const domain = message.text('domain');
  const rateLimits = ownRateLimits(message, runtime);
  const config: PerFilterConfig = {
    kind: 'ratelimit',
    ...(domain ? { domain } : {}),
    vhRateLimits: oneOf(message, 'vhRateLimits', ['OVERRIDE', 'INCLUDE', 'IGNORE']),
    rateLimits,
  };
  return { config, unread: message.ignore('overrideOption').unread() };
}

function rateLimit(name: string, message: Message, runtime: Runtime): RateLimit {
  const domain = requiredText(message, 'domain', 'RateLimit');
  const stage = atMost(message, 'stage', 0, 10, 'RateLimit');
  if (!message.has('rateLimitService')) throw violation('RateLimit', 'rateLimitService', 'value is required');
  // The service's address is not used: its counters are ours.
  message.ignore('rateLimitService', 'statPrefix', 'disableXEnvoyRatelimitedHeaderOnSuccess');
  const status = statusCode(message.message('rateLimitedStatus'), 429);
  return {
    kind: 'ratelimit',
    name,
    domain,
    stage,
    requestType: requestType(message.text('requestType')),
    timeoutMs: message.duration('timeout') ?? DEFAULT_TIMEOUT_MS,
    failureModeDeny: percent(
      message.message('failureModeDenyPercent'),
      runtime,
      message.flag('failureModeDeny') ? 100 : 0,
    ),
    enableXRatelimitHeaders: oneOf(message, 'enableXRatelimitHeaders', DRAFTS) === 'DRAFT_VERSION_03',
    disableXEnvoyRatelimitedHeader: message.flag('disableXEnvoyRatelimitedHeader'),
    rateLimitedStatus: status < 400 ? 429 : status,
    statusOnError: statusCode(message.message('statusOnError'), 500),
    ...headerEdits(message, 'responseHeadersToAdd'),
    rateLimitedAsResourceExhausted: message.flag('rateLimitedAsResourceExhausted'),
    filterEnabled: percent(
      message.message('filterEnabled'),
      runtime,
      Number(runtime['ratelimit.http_filter_enabled'] ?? 100),
    ),
    filterEnforced: percent(
      message.message('filterEnforced'),
      runtime,
      Number(runtime['ratelimit.http_filter_enforcing'] ?? 100),
    ),
    rateLimits: ownRateLimits(message, runtime),
  };
}

function requestType(text: string): RateLimit['requestType'] {
  if (text === '') return 'both';
  if (text === 'internal' || text === 'external' || text === 'both') return text;
  throw violation('RateLimit', 'requestType', 'value must be in list [internal external both ]');
}

function setMetadata(name: string, message: Message): SetMetadata {
  const values = message.messages('metadata').map((entry) => ({
    namespace: entry.text('metadataNamespace'),
    value: (entry.get('value') ?? {}) as Json,
    allowOverwrite: entry.flag('allowOverwrite'),
  }));
  const namespace = message.text('metadataNamespace');
  if (namespace !== '')
    values.unshift({ namespace, value: (message.get('value') ?? {}) as Json, allowOverwrite: true });
  return { kind: 'set_metadata', name, values };
}
