/** Findings about EnvoyFilters and the rate-limit service's configuration. */
import type { Message } from './messages.ts';

export const RATE_LIMIT_MESSAGES = {
  EnvoyFilterNotUnderstood: {
    code: 'BSP0301',
    level: 'error',
    text: 'this patch is not carried out here: {what}',
    mend: 'Leave it to the cluster (another workloadSelector), or say the same with a resource that this gateway has.',
  },
  EnvoyRejectsPatch: {
    code: 'BSP0302',
    level: 'error',
    text: 'Envoy refuses this configuration: {error}',
    mend: 'Correct the patch; it is left out until then.',
  },
  EnvoyFilterNoMatch: {
    code: 'BSP0303',
    level: 'warning',
    text: 'this patch changes nothing: {what}',
    mend: 'Compare the match with the names that `bowsprit check` prints.',
  },
  EnvoyFilterOtherVersion: {
    code: 'BSP0304',
    level: 'info',
    text: 'this patch is for proxies of version {expression}; this one behaves as {version}',
  },
  EnvoyFilterFieldIgnored: {
    code: 'BSP0305',
    level: 'warning',
    text: 'this field has no effect here: {field}',
  },
  RateLimitConfigError: {
    code: 'BSP0401',
    level: 'error',
    text: '{error} (in force from before: {kept})',
    mend: 'Correct the configuration; the last good one stays in force until then.',
  },
  RateLimitNoConfiguration: {
    code: 'BSP0402',
    level: 'warning',
    text: 'no configuration of the rate-limit service was found for domain {domain}: every call fails, and failure_mode_deny decides',
    mend: 'Give the ConfigMap of the rate-limit service along with the EnvoyFilters.',
  },
  RateLimitDomainUnknown: {
    code: 'BSP0403',
    level: 'warning',
    text: 'the domain {domain} is not in the configuration of the rate-limit service: nothing is limited',
    mend: 'Name a domain of the configuration, or add it there.',
  },
  RateLimitDefaultTimeout: {
    code: 'BSP0404',
    level: 'info',
    text: "Envoy's default timeout of 20 ms for a rate-limit decision is {timeout} ms here, because the counters may be far away",
    mend: 'Set `timeout` of the rate-limit filter to have another.',
  },
  RateLimitTargetUnknown: {
    code: 'BSP0405',
    level: 'warning',
    text: 'the target {target} is not served here: the limits apply to nothing there',
    mend: 'Name a Gateway or VirtualService of the same namespace.',
  },
} as const satisfies Record<string, Message>;
