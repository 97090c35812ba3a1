/** envoy.filters.http.local_ratelimit's configuration, with Envoy's defaults and refusals. */
import type { LocalDescriptor, LocalRateLimitConfig, TokenBucket } from '../../../gateway/snapshot.ts';
import { EnvoyRejects, type Message } from './message.ts';
import { rateLimitPolicies } from './rate-limits.ts';
import { statusCode } from './status-code.ts';
import { headerValues, percent, type Runtime } from './values.ts';

const SHORTEST_FILL_MS = 50;

/** @throws EnvoyRejects for a short fill interval, no tokens, or a descriptor given twice. */
export function localRateLimitConfig(message: Message, runtime: Runtime): LocalRateLimitConfig {
  // Buckets are kept for the process, never for a connection; there is no other proxy to share with.
  message.ignore('localRateLimitPerDownstreamConnection', 'localClusterRateLimit');
  const bucket = message.message('tokenBucket');
  const status = statusCode(message.message('status'), 429);
  return {
    statPrefix: message.text('statPrefix'),
    ...(bucket ? { tokenBucket: tokenBucket(bucket) } : {}),
    descriptors: descriptors(message.messages('descriptors')),
    rateLimits: rateLimitPolicies(message.messages('rateLimits'), runtime),
    filterEnabled: percent(message.message('filterEnabled'), runtime, 0),
    filterEnforced: percent(message.message('filterEnforced'), runtime, 0),
    status: status < 400 ? 429 : status,
    responseHeadersToAdd: headerValues(message.messages('responseHeadersToAdd')),
    requestHeadersToAddWhenNotEnforced: headerValues(message.messages('requestHeadersToAddWhenNotEnforced')),
    stage: message.number('stage', 0),
    enableXRatelimitHeaders: message.text('enableXRatelimitHeaders') === 'DRAFT_VERSION_03',
    vhRateLimits: inclusion(message.text('vhRateLimits')),
    alwaysConsumeDefaultTokenBucket: message.flag('alwaysConsumeDefaultTokenBucket', true),
    maxDynamicDescriptors: message.number('maxDynamicDescriptors', 20),
    rateLimitedAsResourceExhausted: message.flag('rateLimitedAsResourceExhausted'),
  };
}

function tokenBucket(message: Message): TokenBucket {
  const fillIntervalMs = message.duration('fillInterval') ?? 0;
  if (fillIntervalMs < SHORTEST_FILL_MS) {
    throw new EnvoyRejects('local rate limit token bucket fill timer must be >= 50ms');
  }
  const maxTokens = message.number('maxTokens', 0);
  if (maxTokens <= 0) throw new EnvoyRejects('TokenBucketValidationError.MaxTokens: value must be greater than 0');
  return { maxTokens, tokensPerFill: message.number('tokensPerFill', 1), fillIntervalMs };
}

function descriptors(messages: readonly Message[]): LocalDescriptor[] {
  const seen = new Set<string>();
  return messages.map((message) => {
    const entries = message.messages('entries').map((entry) => {
      const value = entry.text('value');
      return { key: entry.text('key'), ...(value === '' ? {} : { value }) };
    });
    const text = entries.map(({ key, value = '' }) => `${key}=${value}`).join(', ');
    if (seen.has(text)) throw new EnvoyRejects(`duplicate descriptor in the local rate descriptor: ${text}`);
    seen.add(text);
    const bucket = message.message('tokenBucket');
    if (!bucket) throw new EnvoyRejects(`${message.path}.token_bucket: value is required`);
    return { entries, tokenBucket: tokenBucket(bucket), ...(message.flag('shadowMode') ? { shadowMode: true } : {}) };
  });
}

/** The enum's numbers are accepted too, as protobuf's JSON does. */
function inclusion(text: string): LocalRateLimitConfig['vhRateLimits'] {
  return text === 'INCLUDE' || text === 'IGNORE' ? text : 'OVERRIDE';
}
