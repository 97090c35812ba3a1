import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LevelHealth, priorityLoad } from './priority-load.ts';

const level = (healthy: number, total = 100): LevelHealth => ({ healthy, total });

/** The tables of Envoy's documentation of priority levels (overprovisioning 1.4). */
for (const [first, second, load] of [
  [100, 100, [100, 0]],
  [72, 72, [100, 0]],
  [71, 71, [99, 1]],
  [50, 50, [70, 30]],
  [25, 100, [35, 65]],
  [25, 25, [50, 50]],
  [0, 100, [0, 100]],
] as const) {
  test(`${first} and ${second} of 100 healthy`, () => {
    assert.deepEqual(priorityLoad([level(first), level(second)], 0).load, load);
  });
}

test('what the first levels cannot take goes on', () => {
  assert.deepEqual(priorityLoad([level(25), level(25), level(25)], 0).load, [35, 35, 30]);
});

test('nobody healthy: no load, unless the threshold makes it a panic', () => {
  assert.deepEqual(priorityLoad([level(0)], 0), { load: [0], panic: [false], health: [0] });
  assert.deepEqual(priorityLoad([level(0)], 50), { load: [100], panic: [true], health: [0] });
  const { load, panic } = priorityLoad([level(0, 30), level(0, 70)], 50);
  assert.deepEqual({ load, panic }, { load: [30, 70], panic: [true, true] });
});

test('a level above the threshold, or one that others relieve, does not panic', () => {
  assert.deepEqual(priorityLoad([level(50)], 50).panic, [false]);
  assert.deepEqual(priorityLoad([level(10), level(100)], 50).panic, [false, false]);
});

test('an empty level takes nothing', () => {
  assert.deepEqual(priorityLoad([level(0, 0), level(10, 10)], 0).load, [0, 100]);
});
