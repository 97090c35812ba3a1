import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readyMade, testFilter } from './ready-made.ts';

test('there are ready-made filters', () => assert.ok(readyMade().length >= 12));

for (const name of readyMade()) {
  test(`${name}: its own tests pass`, async () => {
    assert.ok((await testFilter(name)) > 0);
  });
}
