/** Every ready-made filter: its own tests again, each request through a real Envoy too. A difference fails the test. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readyMade, testFilter } from '../filters/ready-made.ts';
import { envoyBinary } from '../support/envoy.ts';

test('Envoy is at hand', () => assert.ok(envoyBinary()));

for (const name of readyMade()) {
  test(`${name} does at the edge what it does in Envoy`, async () => {
    assert.ok((await testFilter(name, '--envoy')) > 0);
  });
}
