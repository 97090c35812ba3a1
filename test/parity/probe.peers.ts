/** Every host call in every phase, and seeded random ones, at the edge and in Envoy 1.40: the logs must be the same. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { compileModuleSource } from '../../sdk/build/compile.ts';
import { EnvoyFilter } from '../../sdk/harness/envoy/index.ts';
import { loadFilter, type RequestInit, type ResponseInit } from '../../sdk/harness/index.ts';

let wasm: Uint8Array;
const running: EnvoyFilter[] = [];
before(async () => {
  ({ wasm } = await compileModuleSource(join(import.meta.dirname, 'probe/assembly/index.ts')));
});
after(() => {
  for (const envoy of running) envoy.stop();
});

const REQUESTS: [string, RequestInit][] = [
  [
    'repeated headers',
    {
      method: 'POST',
      path: '/p?q=1',
      headers: [
        ['x-a', '1'],
        ['x-multi', 'a'],
        ['x-multi', 'b'],
        ['accept', 'x'],
        ['accept', 'y'],
      ],
      // In pieces, because the probe changes it: its content-length would no longer fit.
      body: ['hello=1', '&more'],
    },
  ],
  ['a body in pieces', { method: 'POST', path: '/pieces', headers: { 'x-a': 'two' }, body: ['first', 'second'] }],
  ['no body', { path: '/get', headers: { 'x-multi': 'one' } }],
];
const ANSWER: ResponseInit = {
  status: 200,
  headers: { 'x-up': 'yes', 'x-a': 'from upstream' },
  body: ['answer', ' and more'],
};

/** Envoy writes its log from another thread. */
async function settled(envoy: EnvoyFilter): Promise<void> {
  for (let seen = -1; seen !== envoy.logs.length; ) {
    seen = envoy.logs.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function logsOf(config: string): Promise<{ edge: string[]; envoy: string[] }> {
  const filter = await loadFilter(wasm, { config, name: 'probe', rootId: 'root', logLevel: 'info' });
  const options = {
    name: 'probe',
    rootId: 'root',
    env: {},
    failStrategy: 'FAIL_CLOSED',
    configuration: config,
    clusters: {},
  };
  const envoy = await EnvoyFilter.start(wasm, options);
  running.push(envoy);
  await settled(envoy);
  const edge: string[] = [];
  const theirs: string[] = [];
  for (const [name, request] of REQUESTS) {
    const from = [filter.logs.length, envoy.logs.length] as const;
    await filter.request(request, ANSWER);
    await envoy.request(request, () => ANSWER);
    await settled(envoy);
    edge.push(...filter.logs.slice(from[0]).map(({ message }) => `${name}: ${message}`));
    theirs.push(...envoy.logs.slice(from[1]).map(({ message }) => `${name}: ${message}`));
  }
  envoy.stop();
  return { edge, envoy: theirs };
}

test('every host call in every phase answers as Envoy answers', async () => {
  const { edge, envoy } = await logsOf('grid');
  assert.deepEqual(edge, envoy);
});

for (const seed of [1, 2, 3, 5, 8, 13])
  test(`random calls of seed ${seed} answer as Envoy answers`, async () => {
    const { edge, envoy } = await logsOf(`seed=${seed}`);
    assert.deepEqual(edge, envoy);
  });
