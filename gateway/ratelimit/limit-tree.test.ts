import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LimitDescriptor } from '../snapshot.ts';
import { type Entry, limitFinder } from './limit-tree.ts';
import { wildcard } from './wildcard.ts';

const limit = (requestsPerUnit: number) => ({ unit: 'DAY' as const, requestsPerUnit });
const entries = (...pairs: [string, string][]): Entry[] => pairs.map(([key, value]) => ({ key, value }));
const finder = (...descriptors: LimitDescriptor[]) => limitFinder({ domain: 'd', descriptors });

test('a level is searched by value, then by wildcard in file order, then by the bare key', () => {
  const find = finder(
    { key: 'k', rateLimit: limit(9) },
    { key: 'k', value: 'v*', rateLimit: limit(2) },
    { key: 'k', value: 'va*', rateLimit: limit(3) },
    { key: 'k', value: 'val', rateLimit: limit(1) },
  );
  const got = (value: string) => find(entries(['k', value]))?.rule.requestsPerUnit;
  assert.deepEqual(['val', 'value', 'x', ''].map(got), [1, 2, 9, 9]);
});

test('a specific node without the needed child hides the default subtree', () => {
  const find = finder({ key: 'a', value: '1' }, { key: 'a', descriptors: [{ key: 'b', rateLimit: limit(5) }] });
  assert.equal(find(entries(['a', '1'], ['b', 'x'])), undefined);
  assert.equal(find(entries(['a', '2'], ['b', 'x']))?.rule.requestsPerUnit, 5);
});

test('only the node of the last entry limits, and depths must agree', () => {
  const find = finder({ key: 'a', rateLimit: limit(1), descriptors: [{ key: 'b' }] });
  assert.equal(find(entries(['a', '1'], ['b', '1'])), undefined);
  assert.equal(find(entries(['a', '1'], ['c', '1'])), undefined);
  assert.equal(find([]), undefined);
});

test('a shared threshold puts the pattern in the place of its entry, also for a deeper limit', () => {
  const find = finder({
    key: 'f',
    value: 'x*',
    shareThreshold: true,
    descriptors: [{ key: 'g', rateLimit: limit(1), detailedMetric: true }],
  });
  const found = find(entries(['f', 'xy'], ['g', '1']));
  assert.deepEqual(found?.sharedValues, ['x*']);
  assert.equal(found?.statKey, 'd.f_x*.g_1');
});

test('value_to_metric names the value where the configuration has none', () => {
  const find = finder({ key: 'k', valueToMetric: true, rateLimit: limit(1) });
  assert.equal(find(entries(['k', 'v']))?.statKey, 'd.k_v');
});

test('a wildcard matches exactly what the same regular expression matches', () => {
  const piece = fc.stringMatching(/^[ab/]{0,3}$/);
  fc.assert(
    fc.property(fc.array(piece, { minLength: 2, maxLength: 5 }), fc.stringMatching(/^[ab/]{0,9}$/), (parts, text) => {
      const expected = new RegExp(`^${parts.join('[^]*')}$`).test(text);
      assert.equal(wildcard(parts.join('*'))(text), expected);
    }),
  );
});
