/** The ready-made filters' own tests, each request through a real Envoy as well: the answers must be the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envoyBinary } from '../mesh/envoy.ts';
import { readyMade, testFilter } from './ready-made.ts';

test('Envoy is at hand', () => assert.ok(envoyBinary()));

for (const name of readyMade()) {
  test(`${name} does the same in Envoy`, async () => {
    assert.ok((await testFilter(name, '--envoy')) > 0);
  });
}
