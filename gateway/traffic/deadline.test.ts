import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadline } from './deadline.ts';

test('no timeout never passes and tells the upstream nothing', () => {
  const none = new Deadline(0, 1000);
  assert.equal(none.passed(Number.MAX_SAFE_INTEGER), false);
  assert.equal(none.tryMs(0, 2000), Number.POSITIVE_INFINITY);
  assert.equal(none.expectedMs(0, 1000), undefined);
});

test('a try gets its own timeout, or what is left of the route’s', () => {
  const route = new Deadline(300, 1000);
  assert.equal(route.tryMs(0, 1000), 300);
  assert.equal(route.tryMs(100, 1000), 100);
  assert.equal(route.tryMs(100, 1250), 50);
  assert.equal(new Deadline(0, 0).tryMs(100, 0), 100);
  assert.deepEqual([route.passed(1299), route.passed(1300)], [false, true]);
});

test('the expected time is the try’s, then what is left, at least 1 ms', () => {
  const route = new Deadline(300, 1000);
  assert.equal(route.expectedMs(0, 1000), 300);
  assert.equal(route.expectedMs(100, 1000), 100);
  assert.equal(route.expectedMs(100, 1250), 50);
  assert.equal(route.expectedMs(500, 1000), 300);
  assert.equal(route.expectedMs(0, 2000), 1);
  assert.equal(new Deadline(0, 0).expectedMs(100, 0), 100);
});
