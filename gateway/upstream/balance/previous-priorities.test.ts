import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Host } from './host.ts';
import { PreviousPriorities } from './previous-priorities.ts';

const hosts = [0, 1, 2].map((i) => new Host({ address: 'a', port: i + 1, labels: {}, weight: 1 }, 0));

/** The load before each further try, when the tries go to the priorities `to` and their health is `health`. */
function loads(to: number[], health: number[], usual = [100, 0, 0]): (readonly number[])[] {
  const previous = new PreviousPriorities();
  const levelOf = (host: Host) => hosts.indexOf(host);
  return to.map((level) => {
    previous.tried(hosts[level]!);
    return previous.load(usual, { health, levelOf });
  });
}

test('every second try leaves those tried so far, and all begins anew when none is left', () => {
  assert.deepEqual(loads([0, 0, 1, 1, 2, 2], [100, 100, 100]), [
    [100, 0, 0],
    [0, 100, 0],
    [0, 100, 0],
    [0, 0, 100],
    [0, 0, 100],
    [100, 0, 0],
  ]);
});

test('what is left shares by its health', () => {
  assert.deepEqual(loads([0, 0], [70, 40, 20], [54, 31, 15]).at(-1), [0, 67, 33]);
  assert.deepEqual(loads([0, 1], [70, 40, 20], [54, 31, 15]).at(-1), [0, 0, 100]);
});

test('nobody healthy anywhere: as ever', () => {
  assert.deepEqual(loads([0, 0], [0, 0, 0]).at(-1), [100, 0, 0]);
});

test('a host that has left the cluster stands for no priority', () => {
  const previous = new PreviousPriorities();
  for (const host of hosts.slice(0, 2)) previous.tried(host);
  const gone = { health: [100, 100], levelOf: () => undefined };
  assert.deepEqual(previous.load([50, 50], gone), [100, 0]);
});
