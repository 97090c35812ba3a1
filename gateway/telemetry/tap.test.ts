import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeExchange } from '../authn/fixture.ts';
import { takeTapped, tapRequest } from './tap.ts';

const answered = (path = '/') => fakeExchange({ status: 404, path, flags: new Set(['NR'] as const) });
const taken = (now?: number): Record<string, unknown>[] =>
  takeTapped(now)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('requests are kept from the first question on, and each is given once', () => {
  tapRequest(answered());
  assert.deepEqual(taken(), []);
  tapRequest(answered());
  const [line, ...others] = taken();
  assert.deepEqual([line?.method, line?.response_code, line?.response_flags, others], ['GET', 404, 'NR', []]);
  assert.deepEqual(taken(), []);
});

test('nothing is kept once the questions have stopped', () => {
  taken(Date.now() - 60_000);
  tapRequest(answered());
  assert.deepEqual(taken(), []);
});

test('what nobody takes in time is counted instead of kept', () => {
  taken();
  const long = answered(`/${'x'.repeat(1 << 20)}`);
  for (let i = 0; i < 9; i++) tapRequest(long);
  const lines = taken();
  const dropped = lines.pop()?.dropped;
  assert.ok(lines.length >= 4 && lines.length < 9, `${lines.length} lines`);
  assert.equal(dropped, 9 - lines.length);
});
