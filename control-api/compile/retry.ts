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

/** The status codes that Go has a text for (net/http: StatusText); to Istio other numbers are words, which nobody knows. */
const NAMED_STATUSES: readonly (readonly [first: number, last: number])[] = [
  [100, 103],
  [200, 208],
  [226, 226],
  [300, 305],
  [307, 308],
  [400, 418],
  [421, 426],
  [428, 429],
  [431, 431],
  [451, 451],
  [500, 508],
  [510, 511],
];

export const isNamedStatus = (word: string): boolean =>
  /^\+?\d+$/.test(word) && NAMED_STATUSES.some(([first, last]) => Number(word) >= first && Number(word) <= last);

/** Numbers are status codes, and imply the word that makes Envoy look at them. */
function parseRetryOn(text: string | undefined): { retryOn: string[]; codes: number[] } {
  if (!text) return { retryOn: DEFAULT_RETRY_ON, codes: [] };
  const parts = text.split(',').map((part) => part.trim());
  const codes = parts.filter(isNamedStatus).map(Number);
  const retryOn = parts.filter((part) => part !== '' && !isNamedStatus(part));
  if (codes.length > 0 && !retryOn.includes('retriable-status-codes')) retryOn.push('retriable-status-codes');
  return { retryOn, codes };
}
