/** The files of -f under the objects of the API, and what stays when the control process dies. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { answering, GATEWAY_OBJECT } from '../support/resources.ts';
import { type Served, startServed } from './served.ts';

const BASE = '/apis/networking.istio.io/v1/namespaces/default';
const floor = join(tmpdir(), `bowsprit-floor-${process.pid}.yaml`);
let served: Served;
let client: ControlClient;

const virtualService = (status: number) => answering('web', status);
const writeFloor = (status: number) =>
  writeFileSync(
    floor,
    [GATEWAY_OBJECT, virtualService(status)].map((object) => JSON.stringify(object)).join('\n---\n'),
  );

before(async () => {
  writeFloor(210);
  served = await startServed([floor]);
  client = new ControlClient(connectionFrom(served.kubeconfig));
});
after(async () => {
  await served.stop();
  rmSync(floor);
});

test('the files are served from the first moment and are not objects', async () => {
  assert.equal((await served.get('web.test', '/')).status, 210);
  assert.deepEqual((await client.call('GET', `${BASE}/virtualservices`)).items, []);
});

test('an object hides the one of the files, until it is deleted', async () => {
  await client.call('POST', `${BASE}/virtualservices`, virtualService(211));
  await served.until('web.test', '/', 211);
  await client.call('DELETE', `${BASE}/virtualservices/web`);
  await served.until('web.test', '/', 210);
});

test('a changed file is served, an unreadable one is not', async () => {
  writeFloor(212);
  await served.until('web.test', '/', 212);
  await client.call('POST', `${BASE}/virtualservices`, { ...virtualService(213), metadata: { name: 'other' } });
  writeFileSync(floor, '{"broken');
  await new Promise((resolve) => setTimeout(resolve, 500));
  writeFloor(214);
  await served.until('web.test', '/', 214);
  await client.call('DELETE', `${BASE}/virtualservices/other`);
});

test('without the control process the gateway goes on; a new one takes up where it ended', async () => {
  await client.call('POST', `${BASE}/virtualservices`, virtualService(215));
  await served.until('web.test', '/', 215);
  const control = served
    .children()
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('control.capnp'));
  assert.ok(control);
  process.kill(control, 'SIGKILL');
  for (let i = 0; i < 20; i++) assert.equal((await served.get('web.test', '/')).status, 215);
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await client.ask('GET', `${BASE}/virtualservices/web`).catch(() => ({ status: 0 }));
    if (answer.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await client.call(
    'PATCH',
    `${BASE}/virtualservices/web`,
    { spec: { http: virtualService(216).spec.http } },
    'application/merge-patch+json',
  );
  await served.until('web.test', '/', 216);
});
