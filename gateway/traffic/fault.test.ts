import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, LocalReply } from '../exchange.ts';
import type { Fault } from '../snapshot.ts';
import { foldFault } from './fault.ts';
import { share } from './percent.ts';

const exchange = () => ({ flags: new Set<string>() }) as unknown as Exchange;
const run = (fault: Fault, random?: () => number) => {
  const x = exchange();
  return { x, verdict: foldFault(fault, random)[0]?.request?.(x) };
};

test('no percentage folds to nothing', () => {
  assert.deepEqual(foldFault({ abort: { percentage: 0, httpStatus: 503 } }), []);
  assert.deepEqual(foldFault(undefined), []);
});

test('an abort answers synchronously with its status, text and flag', () => {
  const { verdict } = run({ abort: { percentage: 100, httpStatus: 418 } });
  assert.deepEqual(verdict, { status: 418, body: 'fault filter abort', flag: 'FI', details: 'fault_filter_abort' });
});

test('a grpcStatus abort is 200 to a plain client', () => {
  const reply = run({ abort: { percentage: 100, grpcStatus: 14 } }).verdict as LocalReply;
  assert.deepEqual([reply.status, reply.grpcStatus], [200, 14]);
});

test('delay, then abort', async () => {
  const started = performance.now();
  const { x, verdict } = run({
    delay: { percentage: 100, fixedDelayMs: 30 },
    abort: { percentage: 100, httpStatus: 503 },
  });
  assert.ok(x.flags.has('DI'));
  assert.equal(((await verdict) as LocalReply).status, 503);
  assert.ok(performance.now() - started > 25);
});

test('delay and abort are drawn apart', async () => {
  const draws = [0.9, 0.1];
  const fault: Fault = { delay: { percentage: 50, fixedDelayMs: 60_000 }, abort: { percentage: 50, httpStatus: 500 } };
  const { x, verdict } = run(fault, () => draws.shift()!);
  assert.equal(x.flags.size, 0);
  assert.equal(((await verdict) as LocalReply).status, 500);
});

test('a share is counted in millionths', () => {
  assert.equal(share(0.00009, () => 0)(), false);
  assert.equal(share(0.0001, () => 0)(), true);
  assert.equal(share(25, () => 0.249)(), true);
  assert.equal(share(25, () => 0.25)(), false);
});
