import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rollout } from './rollout.ts';

const SPEC = {
  steps: [
    { percent: 5, seconds: 10 },
    { percent: 50, seconds: 20 },
  ],
  maxErrorRate: 2,
  minRequests: 100,
};
const start = () => Rollout.begin(SPEC, 'new', 'old', ['ada'], 0);
const counts = (stable: [number, number], candidate: [number, number]) => [
  { id: 'old', requests: stable[0], errors: stable[1] },
  { id: 'new', requests: candidate[0], errors: candidate[1] },
];
const QUIET = counts([0, 0], [0, 0]);

test('it goes step by step and then finishes', () => {
  const rollout = start();
  assert.equal(rollout.percent, 5);
  assert.deepEqual(rollout.decide(QUIET, 9_999), { kind: 'wait' });
  assert.deepEqual(rollout.decide(QUIET, 10_000), { kind: 'step', percent: 50 });
  assert.deepEqual(rollout.decide(QUIET, 29_999), { kind: 'wait' });
  assert.deepEqual(rollout.decide(QUIET, 30_000), { kind: 'finish' });
});

test('more errors than the one before end it, the same share of errors does not', () => {
  const worse = start();
  worse.decide(QUIET, 0);
  assert.equal(worse.decide(counts([1000, 10], [99, 99]), 1).kind, 'wait', 'too few to decide');
  const decision = worse.decide(counts([1000, 10], [100, 4]), 2);
  assert.deepEqual(decision, { kind: 'abort', why: '4 of 100 answers were errors, against 10 of 1000 before' });
  const alike = start();
  alike.decide(QUIET, 0);
  assert.equal(alike.decide(counts([1000, 500], [100, 51]), 1).kind, 'wait');
});

test('errors from before the rollout do not count', () => {
  const rollout = start();
  rollout.decide(counts([10_000, 10_000], [0, 0]), 0);
  assert.equal(rollout.decide(counts([11_000, 10_000], [200, 20]), 1).kind, 'abort');
});

test('whatever is counted, it ends after as many steps as there are, or earlier', () => {
  const count = fc.record({ requests: fc.nat(500), errors: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(fc.tuple(count, count), { minLength: 20, maxLength: 40 }), (rounds) => {
      const rollout = start();
      const kinds = rounds.map(([stable, candidate], index) => {
        const all = [
          { id: 'old', ...stable },
          { id: 'new', ...candidate },
        ];
        return rollout.decide(all, index * 30_000).kind;
      });
      const end = kinds.findIndex((kind) => kind === 'finish' || kind === 'abort');
      assert.ok(end >= 0 && end <= SPEC.steps.length);
    }),
  );
});
