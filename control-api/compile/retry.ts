/** retries: → RetryPolicy, with Istio's defaults. */
import type { RetryPolicy } from '../../gateway/snapshot.ts';
import { wholeMs } from './duration.ts';
import type { RetrySpec } from './spec.ts';

const DEFAULT_RETRY_ON = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'];
/** Envoy's base interval. */
const DEFAULT_BACKOFF_MS = 25;

/** One object for all the routes that say nothing. */
const DEFAULT: RetryPolicy = {
  attempts: 2,
  retryOn: DEFAULT_RETRY_ON,
  retriableStatusCodes: [],
  ignorePreviousHosts: true,
  backoffMs: DEFAULT_BACKOFF_MS,
};
const DEFAULT_HASHED: RetryPolicy = { ...DEFAULT, ignorePreviousHosts: false };

/**
 * @param spec absent: Istio's default of two more tries; `{}` or attempts 0: none
 * @param hashed a consistent hash asks for the same host, so a retry may go there again
 * @returns undefined when nothing is retried
 */
export function translateRetry(spec: RetrySpec | undefined, hashed: boolean): RetryPolicy | undefined {
  if (!spec) return hashed ? DEFAULT_HASHED : DEFAULT;
  if (!(Number(spec.attempts) > 0)) return undefined;
  const { retryOn, codes } = parseRetryOn(spec.retryOn);
  const perTryTimeoutMs = wholeMs(spec.perTryTimeout);
  return {
    attempts: Number(spec.attempts),
    ...(perTryTimeoutMs && { perTryTimeoutMs }),
    retryOn,
    retriableStatusCodes: codes,
    ignorePreviousHosts: spec.retryIgnorePreviousHosts ?? !hashed,
    ...(spec.retryRemoteLocalities && { retryRemoteLocalities: true }),
    backoffMs: wholeMs(spec.backoff) || DEFAULT_BACKOFF_MS,
  };
}

/** Numbers are status codes, and imply the word that makes Envoy look at them. */
function parseRetryOn(text: string | undefined): { retryOn: string[]; codes: number[] } {
  if (!text) return { retryOn: DEFAULT_RETRY_ON, codes: [] };
  const parts = text.split(',').map((part) => part.trim());
  const codes = parts.filter((part) => /^[1-5]\d\d$/.test(part)).map(Number);
  const retryOn = parts.filter((part) => part !== '' && !/^[1-5]\d\d$/.test(part));
  if (codes.length > 0 && !retryOn.includes('retriable-status-codes')) retryOn.push('retriable-status-codes');
  return { retryOn, codes };
}
