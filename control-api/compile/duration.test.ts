/** Durations as Go's time.ParseDuration reads them, which Istio's API server uses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durationMs, wholeMs } from './duration.ts';

test('protobuf and Go forms', () => {
  const forms: [string, number][] = [
    ['0', 0],
    ['0s', 0],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1us', 0.001],
    ['-2s', -2000],
  ];
  for (const [text, ms] of forms) assert.equal(durationMs(text), ms, text);
});

test('anything else is no duration', () => {
  for (const text of ['', 's', '5', '1d', '1s ', 'x1s', '1s2', undefined, 5]) assert.equal(durationMs(text), undefined);
});

test('whole milliseconds never lose a positive duration', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 5_000_000 }), (ns) => (wholeMs(`${ns}ns`) ?? 0) >= 1));
  assert.equal(wholeMs('0s'), 0);
});
