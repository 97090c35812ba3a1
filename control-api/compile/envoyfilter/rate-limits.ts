/** Envoy's `rate_limits` entries into RateLimitPolicies. */
import type { RateLimitPolicy } from '../../../gateway/snapshot.ts';
import { EnvoyRejects, type Message } from './message.ts';
import { actionOf, metadataPath } from './rate-limit-actions.ts';
import type { Runtime } from './values.ts';
import { atMost, requiredList, requiredMessage } from './violations.ts';

const TYPE = 'RateLimit';
const MOST_HITS = 1_000_000_000;

/**
 * The entries of a virtual host or route that Envoy's runtime has not switched off.
 * @throws EnvoyRejects for what Envoy refuses.
 */
export function rateLimitPolicies(messages: readonly Message[], runtime: Runtime): RateLimitPolicy[] {
  return messages.flatMap((message) => {
    const key = message.text('disableKey');
    const policy = policyOf(message, runtime);
    return key !== '' && Number(runtime[`ratelimit.${key}.http_filter_enabled`] ?? 100) <= 0 ? [] : [policy];
  });
}

/** The entries of a filter or of its per-route configuration: they know neither stages nor switches. */
export function ownRateLimits(message: Message, runtime: Runtime): RateLimitPolicy[] {
  const messages = message.messages('rateLimits');
  if (messages.some((each) => each.number('stage', 0) !== 0 || each.text('disableKey') !== '')) {
    throw new EnvoyRejects("'stage' field and 'disable_key' field are not supported");
  }
  return rateLimitPolicies(messages, runtime);
}

function policyOf(message: Message, runtime: Runtime): RateLimitPolicy {
  const stage = atMost(message, 'stage', 0, 10, TYPE);
  const actions = requiredList(message, 'actions', TYPE).map((action) => actionOf(action, runtime));
  const hits = message.message('hitsAddend');
  return {
    stage,
    actions,
    ...limitOf(message),
    ...(hits ? { hitsAddend: hitsAddend(hits) } : {}),
    ...(message.flag('applyOnStreamDone') ? { applyOnStreamDone: true } : {}),
  };
}

function limitOf(message: Message): Pick<RateLimitPolicy, 'limit'> {
  const limit = message.message('limit');
  if (!limit) return {};
  const override = limit.message('dynamicMetadata');
  if (!override)
    throw new EnvoyRejects('RateLimitValidationError.Limit: field: "override_specifier", reason: is required');
  return { limit: metadataPath(requiredMessage(override, 'metadataKey', 'DynamicMetadata')) };
}

function hitsAddend(message: Message): NonNullable<RateLimitPolicy['hitsAddend']> {
  const format = message.text('format');
  const number = atMost(message, 'number', 1, MOST_HITS, 'HitsAddend');
  if (format === '') return { number };
  if (message.has('number')) throw new EnvoyRejects('hits_addend must contain either a format or a number');
  if (!format.startsWith('%'))
    throw new EnvoyRejects('HitsAddendValidationError.Format: value does not have prefix "%"');
  return { format };
}
