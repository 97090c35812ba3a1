/** envoy.filters.http.local_ratelimit's configuration, with Envoy's defaults and refusals. */
import type { LocalDescriptor, LocalRateLimitConfig, TokenBucket } from '../../../gateway/snapshot.ts';
import { EnvoyRejects, type Message } from './message.ts';
import { ownRateLimits } from './rate-limits.ts';
import { statusCode } from './status-code.ts';
import { headerEdits, percent, type Runtime } from './values.ts';
import { atMost, oneOf, requiredList, requiredMessage, requiredText, violation } from './violations.ts';

const SHORTEST_FILL_MS = 50;
const TYPE = 'LocalRateLimit';
const DESCRIPTOR = 'LocalRateLimitDescriptor';

/** @throws EnvoyRejects for a short fill interval, no tokens, or a descriptor given twice. */
export function localRateLimitConfig(message: Message, runtime: Runtime): LocalRateLimitConfig {
  // Istio's proxies know no cluster of their own.
  if (message.message('localClusterRateLimit'))
    throw new EnvoyRejects('local_cluster_rate_limit is set but no local cluster name is present');
  const bucket = message.message('tokenBucket');
  const status = statusCode(message.message('status'), 429);
  return {
    statPrefix: requiredText(message, 'statPrefix', TYPE),
    ...(bucket ? { tokenBucket: tokenBucket(bucket) } : {}),
    descriptors: descriptors(message.messages('descriptors')),
    rateLimits: ownRateLimits(message, runtime),
    filterEnabled: percent(message.message('filterEnabled'), runtime, 0),
    filterEnforced: percent(message.message('filterEnforced'), runtime, 0),
    status: status < 400 ? 429 : status,
    ...headerEdits(message, 'responseHeadersToAdd'),
    ...headerEdits(message, 'requestHeadersToAddWhenNotEnforced'),
    stage: atMost(message, 'stage', 0, 10, TYPE),
    enableXRatelimitHeaders: oneOf(message, 'enableXRatelimitHeaders', ['OFF', 'DRAFT_VERSION_03']) !== 'OFF',
    vhRateLimits: oneOf(message, 'vhRateLimits', ['OVERRIDE', 'INCLUDE', 'IGNORE']),
    alwaysConsumeDefaultTokenBucket: message.flag('alwaysConsumeDefaultTokenBucket', true),
    maxDynamicDescriptors: atLeastOne(message, 'maxDynamicDescriptors', 20),
    rateLimitedAsResourceExhausted: message.flag('rateLimitedAsResourceExhausted'),
  };
}

function tokenBucket(message: Message): TokenBucket {
  const type = 'TokenBucket';
  // None at all refuses everybody.
  const maxTokens = message.number('maxTokens', 0);
  const tokensPerFill = positive(message, 'tokensPerFill', 1, type);
  const fillIntervalMs = message.duration('fillInterval');
  if (fillIntervalMs === undefined) throw violation(type, 'fillInterval', 'value is required');
  if (fillIntervalMs < SHORTEST_FILL_MS) {
    throw new EnvoyRejects('local rate limit token bucket fill timer must be >= 50ms');
  }
  return { maxTokens, tokensPerFill, fillIntervalMs };
}

function positive(message: Message, name: string, fallback: number, type: string): number {
  const number = message.number(name, fallback);
  if (number <= 0) throw violation(type, name, 'value must be greater than 0');
  return number;
}

function atLeastOne(message: Message, name: string, fallback: number): number {
  const number = message.number(name, fallback);
  if (number < 1) throw violation(TYPE, name, 'value must be greater than or equal to 1');
  return number;
}

function descriptors(messages: readonly Message[]): LocalDescriptor[] {
  const seen = new Set<string>();
  return messages.map((message) => {
    const entries = requiredList(message, 'entries', DESCRIPTOR).map((entry) => {
      const value = entry.text('value');
      return { key: requiredText(entry, 'key', 'Entry'), ...(value === '' ? {} : { value }) };
    });
    const text = entries.map(({ key, value = '' }) => `${key}=${value}`).join(', ');
    if (seen.has(text)) throw new EnvoyRejects(`duplicate descriptor in the local rate descriptor: ${text}`);
    seen.add(text);
    const bucket = requiredMessage(message, 'tokenBucket', DESCRIPTOR);
    return { entries, tokenBucket: tokenBucket(bucket), ...(message.flag('shadowMode') ? { shadowMode: true } : {}) };
  });
}
