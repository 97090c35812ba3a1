import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteSize, HeaderLines } from './header-map.ts';

test('an ordinary name keeps its lines apart and get() shows the first', () => {
  const map = new HeaderLines([
    ['X-Multi', 'a'],
    ['x-multi', 'b'],
  ]);
  assert.equal(map.get('x-MULTI'), 'a');
  assert.equal(map.size, 2);
});

test("Envoy's inline headers are joined as they arrive", () => {
  const map = new HeaderLines([
    ['accept', 'x'],
    ['Accept', 'y'],
  ]);
  assert.equal(map.get('accept'), 'x,y');
  assert.equal(map.size, 1);
});

test('set leaves one line, in the place of the first; remove takes all', () => {
  const map = new HeaderLines([
    ['a', '1'],
    ['x', '1'],
    ['x', '2'],
    ['b', '1'],
  ]);
  map.set('X', '3');
  assert.deepEqual(map.entries(), [
    ['a', '1'],
    ['x', '3'],
    ['b', '1'],
  ]);
  map.remove('X');
  assert.equal(map.get('x'), null);
  assert.equal(byteSize(map), 4);
});
