/** Which failures and answers are tried again, and when (Envoy: x-envoy-retry-on, as Istio's retries set it). */
import type { HeaderView } from '../exchange.ts';
import type { RetryPolicy } from '../snapshot.ts';
import type { Failure } from '../upstream/send.ts';

/** Why a try brought no answer, in Envoy's sense. `overflow` is a refusal of our own and never tried again. */
export type ResetReason = Failure | 'overflow';

export interface FoldedRetry {
  attempts: number;
  perTryTimeoutMs: number;
  ignorePreviousHosts: boolean;
  /** Every second try leaves the priorities tried before. */
  remoteLocalities: boolean;
  /** Whether an answer with these headers is thrown away for another try. */
  retriesAnswer(status: number, headers: Pick<HeaderView, 'get'>): boolean;
  retriesReset(reason: ResetReason): boolean;
  /** Milliseconds to wait before retry number `n`, from 1. */
  backoff(n: number): number;
}

type AnswerTest = (status: number, headers: Pick<HeaderView, 'get'>) => boolean;

const ANSWERS: Record<string, AnswerTest> = {
  '5xx': (status) => status >= 500,
  'gateway-error': (status) => status >= 502 && status <= 504,
  'retriable-4xx': (status) => status === 409,
};

/** Words that look at grpc-status. */
const GRPC: Record<string, string> = {
  cancelled: '1',
  'deadline-exceeded': '4',
  'resource-exhausted': '8',
  internal: '13',
  unavailable: '14',
};

const CONNECTING: readonly ResetReason[] = ['connect', 'connect-timeout', 'handshake'];
const ALL: readonly ResetReason[] = [...CONNECTING, 'reset', 'protocol', 'timeout'];

/**
 * A per-try timeout is a reset by ourselves: 5xx, gateway-error and reset cover it, connect-failure does not (captured).
 * reset-before-request is read as connect failures only: how much was sent before a reset is not told here.
 * refused-stream is HTTP/2's, which does not occur.
 */
const RESETS: Record<string, readonly ResetReason[]> = {
  '5xx': ALL,
  'gateway-error': ALL,
  reset: ALL,
  'reset-before-request': CONNECTING,
  'connect-failure': CONNECTING,
};

/** A chain of servers doubles the wait from the base to ten times the base, each time jittered down to 0. */
const BACKOFF_LIMIT = 10;

/** undefined when nothing would ever be tried again, and no try has a timeout of its own. */
export function foldRetry(
  policy: RetryPolicy | undefined,
  random: () => number = Math.random,
): FoldedRetry | undefined {
  if (!policy || (policy.attempts === 0 && !policy.perTryTimeoutMs)) return undefined;
  const words = new Set(policy.retryOn);
  const tests = answerTests(policy);
  const resets = new Set(policy.retryOn.flatMap((word) => RESETS[word] ?? []));
  const limited = words.has('envoy-ratelimited');
  return {
    attempts: policy.attempts,
    perTryTimeoutMs: policy.perTryTimeoutMs ?? 0,
    ignorePreviousHosts: policy.ignorePreviousHosts,
    remoteLocalities: policy.retryRemoteLocalities ?? false,
    retriesAnswer: (status, headers) => {
      if (limited && headers.get('x-envoy-ratelimited') !== null) return true;
      return tests.some((test) => test(status, headers)) && headers.get('x-envoy-ratelimited') === null;
    },
    retriesReset: (reason) => resets.has(reason),
    backoff: (n) => random() * Math.min(policy.backoffMs * 2 ** (n - 1), policy.backoffMs * BACKOFF_LIMIT),
  };
}

/** The part of a policy that is left where whoever answers carries out the rest: tries that brought no answer at all. */
export function onlyResets(retry: FoldedRetry): FoldedRetry {
  return { ...retry, perTryTimeoutMs: 0, retriesAnswer: () => false };
}

function answerTests({ retryOn, retriableStatusCodes }: RetryPolicy): AnswerTest[] {
  const tests = retryOn.flatMap((word) => ANSWERS[word] ?? []);
  const codes = new Set(retriableStatusCodes);
  if (codes.size > 0) tests.push((status) => codes.has(status));
  const grpc = new Set(retryOn.flatMap((word) => GRPC[word] ?? []));
  if (grpc.size > 0) tests.push((_, headers) => grpc.has(headers.get('grpc-status') ?? ''));
  return tests;
}
