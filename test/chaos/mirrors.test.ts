/** Copies of requests: whole, addressed for themselves, and nobody minds what becomes of them. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Cluster } from '../../gateway/snapshot.ts';
import { REPLAY_LIMIT } from '../../gateway/traffic/record.ts';
import { clusterOf } from '../support/snapshot.ts';
import { route, UnrulyEdge } from './unruly-edge.ts';

const behindEntry = (name: string, port: number): Cluster => ({ ...clusterOf(name, [port]), resolution: 'MESH' });
const mirroredTo = (cluster: string) => ({ mirrors: [{ cluster, percentage: 100 }] });

let edge: UnrulyEdge;

before(async () => {
  edge = await UnrulyEdge.start((edge) => ({
    clusters: [
      clusterOf('bad', [edge.bad.port]),
      clusterOf('shadow', [edge.shadow.port]),
      behindEntry('mesh', edge.bad.port),
      behindEntry('mesh-shadow', edge.shadow.port),
    ],
    routes: [
      route('/mirrored', 'bad', mirroredTo('shadow')),
      route('/mesh-mirrored', 'mesh', mirroredTo('shadow')),
      route('/mirrored-mesh', 'bad', mirroredTo('mesh-shadow')),
      route('/mesh-both', 'mesh', mirroredTo('mesh-shadow')),
    ],
  }));
});

beforeEach(() => edge.forget());
after(() => edge?.stop());

const settled = () => new Promise((resolve) => setTimeout(resolve, 200));

for (const [name, body] of [
  ['with a length', 'mirror me'],
  ['in chunks', ['mirror ', 'me']],
] as [string, string | string[]][]) {
  test(`a body ${name} reaches both`, async () => {
    assert.equal((await edge.send('/mirrored', body)).status, 200);
    await settled();
    assert.deepEqual([edge.bad.bodies, edge.shadow.bodies], [['mirror me'], ['mirror me']]);
  });
}

test('nobody waits for a mirror, nor minds its failure', async () => {
  edge.shadow.mood = 'hang';
  const started = performance.now();
  assert.equal((await edge.send('/mirrored', 'x')).status, 200);
  assert.ok(performance.now() - started < 4000);
  edge.shadow.mood = 'reset';
  assert.equal((await edge.send('/mirrored', 'x')).status, 200);
});

for (const [path, main, mirrored] of [
  ['/mesh-mirrored', 'mesh', undefined],
  ['/mirrored-mesh', undefined, 'mesh-shadow'],
  ['/mesh-both', 'mesh', 'mesh-shadow'],
] as const) {
  test(`${path}: the mesh entry is told each one’s own destination, nobody else of any`, async () => {
    await edge.send(path);
    await settled();
    const destinations = [edge.bad, edge.shadow].map(({ headers }) => headers['x-bowsprit-destination']);
    assert.deepEqual(destinations, [main, mirrored]);
    assert.deepEqual(
      [edge.bad.headers['x-forwarded-for'], edge.shadow.headers['x-forwarded-for']],
      ['127.0.0.1', '127.0.0.1'],
    );
    const chains = [edge.bad, edge.shadow].map(({ headers }) => headers['x-bowsprit-forwarded-for']);
    assert.deepEqual(chains, [main && '127.0.0.1', mirrored && '127.0.0.1']);
  });
}

test('a body too long to be kept is not mirrored', async () => {
  assert.equal((await edge.send('/mirrored', 'x'.repeat(REPLAY_LIMIT + 1))).status, 200);
  await settled();
  assert.deepEqual([edge.bad.bodies.length, edge.shadow.arrived], [1, 0]);
});
