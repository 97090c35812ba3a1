import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePairs, encodePairs, encodePairsWithCount } from './pairs.ts';

const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());

test('what is encoded is decoded, whatever the texts', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
      assert.deepEqual(decodePairs(encodePairsWithCount(pairs)), pairs);
    }),
  );
});

test('no pairs are no bytes for headers, and a count of zero for a property', () => {
  assert.equal(encodePairs([]).length, 0);
  assert.deepEqual([...encodePairsWithCount([])], [0, 0, 0, 0]);
});

test('anything malformed decodes to nothing and never throws', () => {
  const good = encodePairs([['a', 'bc']]);
  assert.deepEqual(decodePairs(good.subarray(0, good.length - 1)), []);
  assert.deepEqual(decodePairs(new Uint8Array([...good, 0])), []);
  assert.deepEqual(decodePairs(good.map((byte, i) => (i === good.length - 1 ? 1 : byte))), [], 'no final zero');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.ok(Array.isArray(decodePairs(bytes)));
    }),
  );
});
