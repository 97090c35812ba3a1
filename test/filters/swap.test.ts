/** A new version of a filter takes over in the processes that run already: over the API, and when its file is built anew. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import { ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { compileFilter } from '../../sdk/build/compile.ts';
import { type Served, startServed } from '../control/served.ts';
import { gatewayOn, pluginOn } from './served.ts';

const PLUGINS = '/apis/extensions.istio.io/v1alpha1/namespaces/istio-system/wasmplugins';
const folder = mkdtempSync(join(tmpdir(), 'swap-'));
const versions = new Map<string, Uint8Array>();
const store = createServer((request, response) => {
  const bytes = versions.get(request.url!.slice(1));
  response.writeHead(bytes ? 200 : 404).end(bytes);
});
let served: Served;
let client: ControlClient;

/** A filter that answers requests for one path with its version. */
async function version(name: string, path = '/'): Promise<Uint8Array> {
  const entry = join(folder, `${name}.ts`);
  writeFileSync(
    entry,
    `import { Action, HttpFilter, RequestHeaders } from "bowsprit-sdk";
export class Version extends HttpFilter {
  onRequestHeaders(request: RequestHeaders): Action {
    return request.path == "${path}" ? request.reply(200, "${name}") : Action.Continue;
  }
}`,
  );
  return (await compileFilter(entry)).wasm;
}

const plugin = (name: string) => {
  const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}/${name}`;
  const sha256 = createHash('sha256').update(versions.get(name)!).digest('hex');
  return pluginOn(undefined, 'version', { url, sha256 });
};

before(async () => {
  for (const name of ['one', 'two', 'three']) versions.set(name, await version(name));
  store.listen(0, '127.0.0.1');
  writeFileSync(join(folder, 'floor.wasm'), await version('built', '/file'));
  const floor = join(folder, 'floor.yaml');
  const onFile = pluginOn(undefined, 'file', { url: `file://${folder}/floor.wasm` });
  writeFileSync(floor, [...gatewayOn([80]), onFile].map((one) => stringify(one)).join('---\n'));
  served = await startServed([floor]);
  client = new ControlClient(connectionFrom(served.kubeconfig));
});
after(async () => {
  await served.stop();
  store.close();
  rmSync(folder, { recursive: true });
});

async function answers(body: string, path = '/'): Promise<void> {
  let last = '';
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    last = await fetch(`http://127.0.0.1:${served.http}${path}`).then(
      (answer) => answer.text(),
      (error: Error) => error.message,
    );
    if (last === body) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`it answers ${last}, not ${body}`);
}

test('applying, changing and deleting a WasmPlugin changes the answer; no process is started or ended', async () => {
  await answers('from the route');
  const processes = served.children();
  await client.call('POST', PLUGINS, plugin('one'));
  await answers('one');
  await change('two');
  await answers('two');
  // Back to one that the processes have forgotten meanwhile.
  await change('three');
  await answers('three');
  await change('one');
  await answers('one');
  await client.call('DELETE', `${PLUGINS}/version`);
  await answers('from the route');
  assert.deepEqual(served.children(), processes);
});

test('a module that is built anew takes over without a process more or less, and no request fails', async () => {
  await answers('built', '/file');
  const processes = served.children();
  const again = await version('built again', '/file');
  let failed = 0;
  let asking = true;
  const requests = (async () => {
    while (asking) if (!/^built( again)?$/.test((await served.get('any', '/file')).body)) failed++;
  })();
  writeFileSync(join(folder, 'new.wasm'), again);
  renameSync(join(folder, 'new.wasm'), join(folder, 'floor.wasm'));
  await answers('built again', '/file');
  asking = false;
  await requests;
  assert.equal(failed, 0);
  assert.deepEqual(served.children(), processes);
});

test('a process that dies later is started again with the filters of now', async () => {
  await client.call('POST', PLUGINS, plugin('two'));
  await answers('two');
  const isGateway = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/0.capnp');
  const gateway = served.children().find(isGateway)!;
  process.kill(gateway, 'SIGKILL');
  await answers('two');
  await answers('built again', '/file');
  assert.ok(!served.children().includes(gateway));
});

function change(name: string): Promise<unknown> {
  const { spec } = plugin(name) as { spec: object };
  return client.call('PATCH', `${PLUGINS}/version`, { spec }, 'application/merge-patch+json');
}
