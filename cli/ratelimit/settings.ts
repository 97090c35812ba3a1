/** envoyproxy/ratelimit's environment variables that change what it answers; the names and defaults are that service's. */
import type { ServiceSettings } from '../../gateway/ratelimit/service-worker.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Go's strconv.ParseBool. */
const flag = (value: string | undefined): boolean => /^(1|t|T|true|True|TRUE)$/.test(value ?? '');

/** @param testClock whether `x-test-now` sets the time of a request. */
export function serviceSettings(environment: Environment, testClock: boolean): ServiceSettings {
  return {
    limiter: {
      shadowMode: flag(environment.SHADOW_MODE),
      quotaMode: flag(environment.QUOTA_MODE),
      keyPrefix: environment.CACHE_KEY_PREFIX ?? '',
      stopWhenOver: flag(environment.STOP_CACHE_KEY_INCREMENT_WHEN_OVERLIMIT),
    },
    response: {
      ...(flag(environment.LIMIT_RESPONSE_HEADERS_ENABLED) ? { headers: headerNames(environment) } : {}),
      dynamicMetadata: flag(environment.RESPONSE_DYNAMIC_METADATA),
    },
    remember: Number(environment.LOCAL_CACHE_SIZE_IN_BYTES ?? 0) > 0,
    nearLimitRatio: Number(environment.NEAR_LIMIT_RATIO ?? 0.8),
    testClock,
  };
}

/** MERGE_DOMAIN_CONFIG: several files may carry one domain. */
export function mergesDomains(environment: Environment): boolean {
  return flag(environment.MERGE_DOMAIN_CONFIG);
}

function headerNames(environment: Environment): { limit: string; remaining: string; reset: string } {
  return {
    limit: environment.LIMIT_LIMIT_HEADER ?? 'RateLimit-Limit',
    remaining: environment.LIMIT_REMAINING_HEADER ?? 'RateLimit-Remaining',
    reset: environment.LIMIT_RESET_HEADER ?? 'RateLimit-Reset',
  };
}
