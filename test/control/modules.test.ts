/** The control API on Cloudflare fetches the modules of WasmPlugins when they are applied, and puts them where gateways read. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { bundleWorker } from '../../cli/serve/bundle.ts';
import { LIVE, type SnapshotHead } from '../../gateway/snapshot-shards.ts';
import { gatewayOn, pluginOn } from '../filters/served.ts';

/** The smallest module there is: it would not start, but here it only travels. */
const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const SHA256 = createHash('sha256').update(MODULE).digest('hex');
const TOKEN = `bsp_${randomBytes(32).toString('hex')}`;
const PLUGINS = '/apis/extensions.istio.io/v1alpha1/namespaces/istio-system/wasmplugins';
const store = createServer((request, response) => {
  response.writeHead(request.url === '/filter.wasm' ? 200 : 404).end(request.url === '/filter.wasm' ? MODULE : '');
});
let worker: Miniflare;
let kv: { get(key: string, type?: 'arrayBuffer'): Promise<string | ArrayBuffer | null> };

before(async () => {
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  const { file } = await bundleWorker('control-api/worker.ts');
  const options = {
    modules: [{ type: 'ESModule', path: file }],
    modulesRoot: '/',
    compatibilityDate: '2026-08-01',
    compatibilityFlags: ['nodejs_compat'],
    kvNamespaces: ['SNAPSHOTS'],
    durableObjects: { CONTROL: { className: 'ControlStore', useSQLite: true } },
    bindings: { BOOTSTRAP_TOKEN: TOKEN },
  };
  worker = new Miniflare(convertV4MiniflareOptions(options as never));
  kv = (await worker.getKVNamespace('SNAPSHOTS')) as unknown as typeof kv;
});
after(async () => {
  await worker?.dispose();
  store.close();
});

async function post(path: string, object: object): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(object) };
  const answer = await worker.dispatchFetch(`http://control.example${path}`, init);
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
}

const plugin = (name: string, path: string) =>
  pluginOn(undefined, name, { url: `http://127.0.0.1:${(store.address() as AddressInfo).port}/${path}` });

/** The digests of the filters that are live. */
async function live(): Promise<string[]> {
  const head = JSON.parse(((await kv.get(LIVE)) as string | null) ?? 'null') as SnapshotHead | null;
  const filters = head?.listeners.flatMap(({ httpFilters }) => httpFilters) ?? [];
  return filters.flatMap(({ config }) => (config.kind === 'wasm' ? [config.sha256] : []));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`live are ${await live()}`);
}

test('the module is in the store before the Snapshot that names it is live', { timeout: 60_000 }, async () => {
  const [gateway, virtualService] = gatewayOn([80]);
  const base = '/apis/networking.istio.io/v1/namespaces/istio-system';
  await post(`${base}/gateways`, gateway!);
  await post(`${base}/virtualservices`, virtualService!);
  await post(PLUGINS, plugin('good', 'filter.wasm'));
  await until(async () => (await live()).includes(SHA256));
  const bytes = (await kv.get(`module/${SHA256}`, 'arrayBuffer')) as ArrayBuffer;
  assert.deepEqual(new Uint8Array(bytes), MODULE);
});

test('one that cannot be fetched keeps its place without a module', { timeout: 60_000 }, async () => {
  await post(PLUGINS, plugin('gone', 'gone.wasm'));
  await until(async () => (await live()).length === 2);
  assert.deepEqual((await live()).sort(), ['', SHA256]);
});
