import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex, modulo, xxHash64 } from './xxhash64.ts';

const vectors: [text: string, seed: number, digest: string][] = [
  ['', 0, 'ef46db3751d8e999'],
  ['', 1, 'd5afba1336a3be4b'],
  ['a', 0, 'd24ec4f1a98c6e5b'],
  ['a', 1, 'dec2bc81c3cd46c6'],
  ['abc', 0, '44bc2cf5ad770999'],
  ['abc', 1, 'bea9ca8199328908'],
  ['abcd', 0, 'de0327b0d25d92cc'],
  ['abcd', 1, 'f5dcbd6dee3c9553'],
  ['abcdefgh', 0, '3ad351775b4634b7'],
  ['abcdefgh', 1, '8305125710212a61'],
  ['foo', 0, '33bf00a859c4ba3f'],
  ['foo', 1, 'c34823c5bf4f2cbd'],
  ['127.0.0.1:21001', 0, '2f42bf09cf3003c2'],
  ['127.0.0.1:21001', 1, '0ee15056d4f47d55'],
  ['127.0.0.1:21001_0', 0, 'ce02ecfb0741bf05'],
  ['127.0.0.1:21001_0', 1, '9ea1210a5538910e'],
  ['x'.repeat(31), 0, '60dd0d01083b99f0'],
  ['x'.repeat(31), 1, 'cf1671eda3e87085'],
  ['y'.repeat(32), 0, '64da1f1d3495ce66'],
  ['y'.repeat(32), 1, 'ca60ec0706dfaa09'],
  ['z'.repeat(33), 0, 'c5241253c64e0268'],
  ['z'.repeat(33), 1, '8616c80bf59ac393'],
  ['0123456789'.repeat(10), 0, 'f80e7b96315afffa'],
  ['0123456789'.repeat(10), 1, 'a50a84f168bdc5af'],
  ['grüße €', 0, '0cdd13beb4219b37'],
  ['grüße €', 1, '932405a7dd0027e3'],
  [`k-${'q'.repeat(300)}`, 0, '64c4247586dd8ba0'],
  [`k-${'q'.repeat(300)}`, 1, '91507894936dfe8b'],
];

for (const [text, seed, digest] of vectors) {
  test(`xxHash64 of ${text.length} characters, seed ${seed}`, () => assert.equal(hex(xxHash64(text, seed)), digest));
}

test('modulo agrees with BigInt', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 1, max: 5_000_011 }), (hi, lo, divisor) => {
      assert.equal(modulo({ hi, lo }, divisor), Number(((BigInt(hi) << 32n) | BigInt(lo)) % BigInt(divisor)));
    }),
  );
});
