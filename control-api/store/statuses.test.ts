import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { memorySql } from '../../test/control/api.ts';
import type { Json } from '../rest/apply/fields.ts';
import { Inventory } from './inventory.ts';
import { ObjectStore } from './objects.ts';
import { type Report, Statuses } from './statuses.ts';

const RESOURCE = 'networking.istio.io/gateways';
const keyOf = (name: string) => ({ resource: RESOURCE, namespace: 'default', name });
const gateway = (name: string, generation: number): Json => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name, namespace: 'default', generation },
  spec: { servers: [] },
});

/** `count` objects, and the names of those whose status is written, in order. */
function scene(count: number) {
  const store = new ObjectStore(memorySql().sql);
  for (let i = 0; i < count; i++) store.put(keyOf(`g${i}`), gateway(`g${i}`, 1));
  const inventory = new Inventory(store, [RESOURCE], () => {});
  const written: string[] = [];
  store.subscribe(({ name, object }) => {
    if (object.status) written.push(name);
  });
  return { store, written, statuses: new Statuses(store, inventory) };
}

const report = (liveness: Report['liveness'], advised?: string): Report => ({
  findingsOf: () => [],
  adviceOf: ({ name }) =>
    name === advised ? [{ code: 'IST0101', name: 'Replaced', level: 'warning', resource: name, message: 'why' }] : [],
  placementsOf: ({ name }) => [{ resource: name, where: 'edge', reason: 'it is ours' }],
  liveness,
});
const LIVE: Report['liveness'] = { live: true };
const PENDING: Report['liveness'] = { live: false, reason: 'Pending', message: 'not served yet' };

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition() && i < 500; i++) await pause(10);
  assert.ok(condition());
}

test('many statuses are written in slices, each once, and nothing is written that says the same', async () => {
  const { written, statuses } = scene(500);
  statuses.update(report(LIVE));
  assert.ok(written.length > 0 && written.length < 500, `${written.length} at once`);
  await until(() => written.length === 500);
  statuses.update(report(PENDING));
  statuses.update(report(LIVE));
  await pause(50);
  assert.equal(new Set(written).size, written.length);
});

test('what was changed comes before everything else, and an old form of it is not written over the new one', async () => {
  const { store, written, statuses } = scene(300);
  statuses.update(report(LIVE));
  store.put(keyOf('g7'), gateway('g7', 2));
  await until(() => written.length >= 299);
  assert.ok(!written.includes('g7') || store.get(keyOf('g7'))?.status === undefined);
  statuses.update(report(LIVE));
  assert.equal(written.at(-1), 'g7');
  const status = store.get(keyOf('g7'))?.status as Json | undefined;
  assert.equal(status?.observedGeneration, '2');
});

test('a new finding about one object writes that one', async () => {
  const { written, statuses } = scene(20);
  statuses.update(report(LIVE));
  assert.equal(written.length, 20);
  statuses.update(report(LIVE, 'Gateway default/g3'));
  assert.deepEqual(written.slice(20), ['g3']);
});

test('only what changed is looked at again, also when the report that said so was not finished', async () => {
  const { written, statuses } = scene(20);
  statuses.update(report(LIVE));
  const looked: string[] = [];
  const next = (changed: string[], isCurrent: boolean): Report => ({
    ...report(LIVE),
    adviceOf: ({ name }) => {
      looked.push(name);
      return [];
    },
    changed: new Set(changed),
    isCurrent: () => isCurrent,
  });
  statuses.update(next(['Gateway default/g3'], false));
  assert.deepEqual(looked, []);
  statuses.update(next(['Gateway default/g4'], true));
  statuses.update(next(['Gateway default/g5'], true));
  assert.deepEqual(looked, ['Gateway default/g4', 'Gateway default/g3', 'Gateway default/g5']);
  assert.equal(written.length, 20);
});
