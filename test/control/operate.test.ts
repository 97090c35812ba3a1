/** The operator's commands against `serve --control`: apply with pruning and lock, diff, history, rollback. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { GATEWAY_OBJECT } from '../support/resources.ts';
import { type Served, startServed } from './served.ts';

let served: Served;
const folder = mkdtempSync(join(tmpdir(), 'bowsprit-gitops-'));

before(async () => {
  served = await startServed();
});
after(async () => {
  await served.stop();
  rmSync(folder, { recursive: true });
});

const write = (file: string, object: unknown) => writeFileSync(join(folder, file), JSON.stringify(object));
const remove = (file: string) => rmSync(join(folder, file));
const virtualService = (name: string, host: string, gateway = 'gw') => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name },
  spec: { hosts: [host], gateways: [gateway], http: [{ directResponse: { status: 201 } }] },
});
const apply = (...flags: string[]) => served.bowsprit(['apply', '-f', folder, '--prune', ...flags]);

test('apply creates, is idempotent, and prunes what the files no longer hold', async () => {
  write('gw.json', GATEWAY_OBJECT);
  write('a.json', virtualService('a', 'a.test'));
  write('b.json', virtualService('b', 'b.test'));
  const first = await apply();
  assert.equal(first.code, 0, first.text);
  assert.match(first.stdout, /virtualservice\.networking\.istio\.io\/default\/a created/);
  await served.until('a.test', '/', 201);
  await served.until('b.test', '/', 201);
  const second = await apply('-o', 'json');
  const results = (JSON.parse(second.stdout) as { objects: { result: string }[] }).objects.map(({ result }) => result);
  assert.deepEqual(results, ['unchanged', 'unchanged', 'unchanged']);
  remove('b.json');
  const third = await apply();
  assert.match(third.stdout, /default\/b pruned/);
  await served.until('b.test', '/', 404);
});

test('another set is not pruned', async () => {
  const other = join(folder, 'b.json');
  write('b.json', virtualService('b', 'b.test'));
  assert.equal((await served.bowsprit(['apply', '-f', other, '--set', 'other'])).code, 0);
  remove('b.json');
  const again = await apply();
  assert.doesNotMatch(again.stdout, /pruned/);
  await served.until('b.test', '/', 201);
});

test('diff says what an apply would change and changes nothing', async () => {
  write('a.json', virtualService('a', 'changed.test'));
  const changed = await served.bowsprit(['diff', '-f', folder]);
  assert.equal(changed.code, 1, changed.text);
  assert.match(changed.stdout, /- +- a\.test\n\+ +- changed\.test/);
  assert.equal((await served.get('changed.test', '/')).status, 404);
  write('a.json', virtualService('a', 'a.test'));
  const same = await served.bowsprit(['diff', '-f', folder]);
  assert.equal(same.code, 0, same.text);
});

test('a rollback serves an earlier Snapshot until an object changes', async () => {
  const before = await history();
  write('a.json', virtualService('a', 'mistake.test'));
  await apply();
  await served.until('mistake.test', '/', 201);
  const shown = await served.bowsprit(['rollback', before[0]!.snapshot, '--diff']);
  assert.match(shown.stdout, /\+ host http\.80 a\.test/);
  const rolled = await served.bowsprit(['rollback', before[0]!.snapshot]);
  assert.equal(rolled.code, 0, rolled.text);
  await served.until('a.test', '/', 201);
  await served.until('mistake.test', '/', 404);
  assert.equal((await history())[0]?.reason, 'rollback');
  const status = await statusOf('a');
  assert.equal(status.find(({ type }) => type === 'Programmed')?.reason, 'RolledBack');
  write('a.json', virtualService('a', 'mended.test'));
  await apply();
  await served.until('mended.test', '/', 201);
});

test('rolling back to what is not kept fails', async () => {
  const ran = await served.bowsprit(['rollback', 'ffffffffffffffff']);
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /is not kept/);
});

test('a set is applied by one writer at a time', async () => {
  const client = new ControlClient(connectionFrom(served.kubeconfig));
  await client.call('PUT', '/bowsprit/v1/locks/default', { holder: 'somebody-else', seconds: 60 });
  const refused = await apply();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /is being applied by admin/);
  await client.ask('DELETE', '/bowsprit/v1/locks/default?holder=somebody-else');
  assert.equal((await apply()).code, 0);
});

test('two at once leave what one of them alone would leave', async () => {
  const applied = await Promise.all([apply('-o', 'json'), apply('-o', 'json'), apply('-o', 'json')]);
  assert.ok(applied.some(({ code }) => code === 0));
  for (const { code, text } of applied) if (code !== 0) assert.match(text, /is being applied by admin/);
  const again = await apply('-o', 'json');
  const results = (JSON.parse(again.stdout) as { objects: { result: string }[] }).objects.map(({ result }) => result);
  assert.deepEqual([...new Set(results)], ['unchanged']);
});

test('a bad object fails the apply, names the field, and nothing is pruned', async () => {
  write('a.json', { ...virtualService('a', 'x.test'), spec: { hosts: [7] } });
  const ran = await apply();
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /default\/a failed: .*spec\.hosts/);
  write('a.json', virtualService('a', 'mended.test'));
});

async function history(): Promise<{ snapshot: string; reason: string }[]> {
  const { stdout } = await served.bowsprit(['rollback', '-o', 'json']);
  return (JSON.parse(stdout) as { items: { snapshot: string; reason: string }[] }).items;
}

async function statusOf(name: string): Promise<{ type: string; reason: string }[]> {
  const client = new ControlClient(connectionFrom(served.kubeconfig));
  const path = `/apis/networking.istio.io/v1/namespaces/default/virtualservices/${name}`;
  const { status } = (await client.call('GET', path)) as { status: { conditions: { type: string; reason: string }[] } };
  return status.conditions;
}
