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
import { rateLimitPolicies } from './rate-limits.ts';
import { statusCode } from './status-code.ts';
import { headerValues, percent, type Runtime } from './values.ts';

export const RATE_LIMIT = new Set([
  'envoy.extensions.filters.http.ratelimit.v3.RateLimit',
  'envoy.config.filter.http.rate_limit.v2.RateLimit',
  'envoy.config.filter.http.rate_limit.v3.RateLimit',
]);
export const LOCAL_RATE_LIMIT = new Set(['envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit']);
const SET_METADATA = new Set(['envoy.extensions.filters.http.set_metadata.v3.Config']);
const PER_ROUTE = 'envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute';

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
    return { config: { kind: 'local_ratelimit', config }, unread: message.unread() };
  }
  if (type !== PER_ROUTE) return undefined;
  const domain = message.text('domain');
  const rateLimits = rateLimitPolicies(message.messages('rateLimits'), runtime);
  const config: PerFilterConfig = {
    kind: 'ratelimit',
    ...(domain ? { domain } : {}),
    vhRateLimits: inclusion(message),
    rateLimits,
  };
  return { config, unread: message.ignore('overrideOption').unread() };
}

function inclusion(message: Message): 'OVERRIDE' | 'INCLUDE' | 'IGNORE' {
  const value = message.text('vhRateLimits');
  return value === 'INCLUDE' || value === 'IGNORE' ? value : 'OVERRIDE';
}

function rateLimit(name: string, message: Message, runtime: Runtime): RateLimit {
  const domain = message.text('domain');
  if (domain === '')
    throw new EnvoyRejects('RateLimitValidationError.Domain: value length must be at least 1 characters');
  const stage = message.number('stage', 0);
  if (stage > 10) throw new EnvoyRejects('RateLimitValidationError.Stage: value must be less than or equal to 10');
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
    failureModeDeny: message.flag('failureModeDeny'),
    enableXRatelimitHeaders: message.text('enableXRatelimitHeaders') === 'DRAFT_VERSION_03',
    disableXEnvoyRatelimitedHeader: message.flag('disableXEnvoyRatelimitedHeader'),
    rateLimitedStatus: status < 400 ? 429 : status,
    statusOnError: statusCode(message.message('statusOnError'), 500),
    responseHeadersToAdd: headerValues(message.messages('responseHeadersToAdd')),
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
    rateLimits: rateLimitPolicies(message.messages('rateLimits'), runtime),
  };
}

const requestType = (text: string): RateLimit['requestType'] =>
  text === 'internal' || text === 'external' ? text : 'both';

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
