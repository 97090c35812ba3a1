import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RetryPolicy } from '../snapshot.ts';
import { foldRetry, onlyResets, type ResetReason } from './retry.ts';

const policy = (retryOn: string[], parts: Partial<RetryPolicy> = {}): RetryPolicy => ({
  attempts: 2,
  retryOn,
  retriableStatusCodes: [],
  ignorePreviousHosts: true,
  backoffMs: 25,
  ...parts,
});
const folded = (retryOn: string[], parts?: Partial<RetryPolicy>) => foldRetry(policy(retryOn, parts))!;
const none = new Headers();
const statuses = [200, 404, 409, 500, 502, 503, 504, 505];
const reasons: ResetReason[] = [
  'gone',
  'connect',
  'connect-timeout',
  'handshake',
  'reset',
  'protocol',
  'timeout',
  'overflow',
];

const connecting = ['connect', 'connect-timeout', 'handshake'] as const;
const all = [...connecting, 'reset', 'protocol', 'timeout'] as const;

/** retry_on word, answers it covers, failures it covers. */
for (const [word, answers, resets] of [
  ['5xx', [500, 502, 503, 504, 505], all],
  ['gateway-error', [502, 503, 504], all],
  ['reset', [], all],
  ['reset-before-request', [], connecting],
  ['connect-failure', [], connecting],
  ['retriable-4xx', [409], []],
  ['refused-stream', [], []],
  ['unheard-of', [], []],
] as const) {
  test(`${word} covers ${answers.join() || 'no answer'} and ${resets.join() || 'no failure'}`, () => {
    const retry = folded([word]);
    assert.deepEqual(
      statuses.filter((status) => retry.retriesAnswer(status, none)),
      answers,
    );
    assert.deepEqual(
      reasons.filter((reason) => retry.retriesReset(reason)),
      resets,
    );
  });
}

test('retriable status codes', () => {
  const retry = folded([], { retriableStatusCodes: [404] });
  assert.deepEqual([retry.retriesAnswer(404, none), retry.retriesAnswer(503, none)], [true, false]);
});

test('gRPC words look at grpc-status', () => {
  const status = (value: string) => new Headers({ 'grpc-status': value });
  const retry = folded(['cancelled', 'unavailable']);
  assert.deepEqual(
    ['0', '1', '4', '8', '13', '14'].filter((value) => retry.retriesAnswer(200, status(value))),
    ['1', '14'],
  );
});

test('a rate-limited answer is tried again only on envoy-ratelimited', () => {
  const limited = new Headers({ 'x-envoy-ratelimited': 'true' });
  assert.equal(folded(['5xx']).retriesAnswer(503, limited), false);
  assert.equal(folded(['envoy-ratelimited']).retriesAnswer(429, limited), true);
  assert.equal(folded(['envoy-ratelimited']).retriesAnswer(429, none), false);
});

test('the wait doubles from the base to ten times the base, jittered', () => {
  const longest = foldRetry(policy([]), () => 1)!;
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(longest.backoff), [25, 50, 100, 200, 250, 250]);
  assert.equal(foldRetry(policy([]), () => 0.5)!.backoff(2), 25);
});

test('no policy, or no attempts, folds to nothing; a timeout of a try stays', () => {
  assert.equal(foldRetry(undefined), undefined);
  assert.equal(foldRetry(policy(['5xx'], { attempts: 0 })), undefined);
  assert.equal(foldRetry(policy(['5xx'], { attempts: 0, perTryTimeoutMs: 5 }))?.perTryTimeoutMs, 5);
});

test('where somebody else carries out the rest, only tries without an answer are left, and none has a time of its own', () => {
  const left = onlyResets(folded(['5xx', 'reset'], { perTryTimeoutMs: 100 }));
  assert.deepEqual(
    statuses.filter((status) => left.retriesAnswer(status, none)),
    [],
  );
  assert.deepEqual([left.perTryTimeoutMs, left.attempts, left.retriesReset('reset')], [0, 2, true]);
});
