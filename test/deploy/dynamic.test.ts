/** Filters on Cloudflare: built in by a deployment, and from Workers KV into dynamic workers when there is a Worker Loader. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { writeDeployment } from '../../cli/deploy/build.ts';
import { hasLoader, readWranglerConfig, writeWranglerConfig } from '../../cli/deploy/wrangler-config.ts';
import { type Compiled, compile } from '../../control-api/compile/compile.ts';
import { INGRESS_GATEWAY } from '../../control-api/compile/processor.ts';
import { loadResources } from '../../control-api/resources/load.ts';
import { LIVE } from '../../gateway/snapshot-shards.ts';
import { bounded } from '../../gateway/wasm/bounds/bounded.ts';
import { compileFilter } from '../../sdk/build/compile.ts';
import { gatewayOn, pluginOn, resource } from '../filters/served.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'dynamic-'));
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const modules = new Map<string, Uint8Array>();
let worker: Miniflare;
let store: { put(key: string, value: string | ArrayBuffer): Promise<void> };

/** A filter that names its version. */
async function version(name: string): Promise<void> {
  const entry = join(folder, `${name}.ts`);
  writeFileSync(
    entry,
    `import { Action, HttpFilter, ResponseHeaders } from "bowsprit-sdk";
export class Version extends HttpFilter {
  onResponseHeaders(response: ResponseHeaders): Action { response.set("x-filter", "${name}"); return Action.Continue; }
}`,
  );
  modules.set(name, (await compileFilter(entry)).wasm);
  writeFileSync(join(folder, `${name}.wasm`), modules.get(name)!);
}

const resources = (name: string) => [
  ...gatewayOn([80]),
  pluginOn(undefined, 'version', { url: `file://${join(folder, name)}.wasm` }),
];

/** As `bowsprit deploy --dry-run` does it, in a folder of its own: other tests deploy at the same time. */
async function deploy(out: string): Promise<string> {
  const own = join(folder, 'deploy');
  const config = join(folder, 'wrangler.toml');
  const loader = '[[worker_loaders]]\nbinding = "LOADER"\n';
  writeFileSync(config, `${readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')}\n${loader}`);
  const base = await readWranglerConfig(config);
  const digest = sha256(modules.get('one')!);
  const filters = new Map([[digest, join(folder, 'one.wasm')]]);
  await writeDeployment(compiled('one', digest).snapshot, filters, { dynamic: hasLoader(base), folder: own });
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', out, '--config', writeWranglerConfig(base, own)];
  const env = { ...process.env, CI: 'true', HOME: folder, WRANGLER_SEND_METRICS: 'false' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env });
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
}

/** What the control API does: modules first, then shards, then the head. */
async function publish(name: string, { withModule = true, more = [] as object[] } = {}): Promise<void> {
  const digest = sha256(modules.get(name)!);
  if (withModule) await store.put(`module/${digest}`, new Uint8Array(bounded(modules.get(name)!)).buffer);
  const { head, shards } = compiled(name, digest, more);
  for (const [key, shard] of shards) await store.put(key, JSON.stringify(shard));
  await store.put(LIVE, JSON.stringify(head));
}

function compiled(name: string, digest: string, more: object[] = []): Compiled {
  const files = [...resources(name).filter((one) => !more.some((other) => isSame(one, other))), ...more].map(
    (one, index) => ({ file: `${index}`, text: JSON.stringify(one) }),
  );
  const loaded = loadResources(files, { namespace: 'default' });
  const found = () => ({ sha256: digest });
  return compile({ resources: loaded.resources, mesh: {}, identity: INGRESS_GATEWAY, modules: found });
}

function isSame(one: object, other: object): boolean {
  const nameOf = ({ kind, metadata }: { kind?: string; metadata?: { name: string } }) => `${kind} ${metadata?.name}`;
  return nameOf(one) === nameOf(other);
}

before(async () => {
  for (const name of ['one', 'two', 'three']) await version(name);
});
after(async () => {
  await worker?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async () => {
  const answer = await worker.dispatchFetch('http://any.example/');
  return { status: answer.status, filter: answer.headers.get('x-filter'), text: await answer.text() };
};

async function answers(filter: string): Promise<void> {
  let last: Awaited<ReturnType<typeof ask>> | undefined;
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    last = await ask();
    if (last.filter === filter) return assert.deepEqual(last, { status: 200, filter, text: 'from the route' });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`it answers ${JSON.stringify(last)}, not ${filter}`);
}

test('a deployment has its filters built in, and binds the loader', { timeout: 120_000 }, async () => {
  const out = join(folder, 'out');
  assert.match(await deploy(out), /env\.LOADER/);
  const files = readdirSync(out).filter((file) => /\.(js|wasm|txt)$/.test(file));
  assert.ok(
    files.some((file) => file.includes(sha256(modules.get('one')!))),
    files.join(),
  );
  const kinds = { js: 'ESModule', wasm: 'CompiledWasm', txt: 'Text' } as const;
  const ordered = files.sort((a, b) => Number(b === 'main.js') - Number(a === 'main.js'));
  worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: ordered.map((file) => ({
        type: kinds[file.slice(file.lastIndexOf('.') + 1) as keyof typeof kinds],
        path: join(out, file),
      })),
      modulesRoot: out,
      compatibilityDate: '2026-08-01',
      compatibilityFlags: ['nodejs_compat'],
      kvNamespaces: ['SNAPSHOTS'],
      durableObjects: { COUNTERS: { className: 'CounterObject', useSQLite: true } },
      workerLoaders: { LOADER: {} },
    } as never),
  );
  store = (await worker.getKVNamespace('SNAPSHOTS')) as unknown as typeof store;
  await answers('one');
});

test('a filter that is published later goes live without a deployment', { timeout: 60_000 }, async () => {
  await publish('two');
  await answers('two');
});

test('one whose module is not in the store yet leaves the last good one, and takes over when it is', {
  timeout: 60_000,
}, async () => {
  await publish('three', { withModule: false });
  await new Promise((resolve) => setTimeout(resolve, 6000));
  assert.equal((await ask()).filter, 'two');
  await publish('three');
  await answers('three');
});

test('a global limit counts in its Durable Object, which the dynamic worker reaches through the one outside', {
  timeout: 60_000,
}, async () => {
  const limits = [{ requests: 3, unit: 'hour' }];
  const spec = { selector: { matchLabels: { istio: 'ingressgateway' } }, failureMode: 'Deny', limits };
  // Envoy limits no direct response, so there is a service.
  const service = createServer((_, response) => response.end('from the service'));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port: http } = service.address() as AddressInfo;
  const networking = 'networking.istio.io/v1';
  const route = [{ destination: { host: 'service.example' } }];
  await publish('two', {
    more: [
      resource('bowsprit.dev/v1alpha1', 'RateLimit', 'few', spec),
      resource(networking, 'VirtualService', 'vs', { hosts: ['*'], gateways: ['gw'], http: [{ route }] }),
      resource(networking, 'ServiceEntry', 'service', {
        hosts: ['service.example'],
        resolution: 'STATIC',
        ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
        endpoints: [{ address: '127.0.0.1', ports: { http } }],
      }),
    ],
  });
  const seen: number[] = [];
  for (const end = Date.now() + 20_000; Date.now() < end && seen.at(-1) !== 429; ) {
    const { status, text } = await ask();
    // That was before the limit is live.
    if (text !== 'from the route') seen.push(status);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  service.close();
  assert.deepEqual(seen, [200, 200, 200, 429]);
});

test('back to what is built in, no dynamic worker stands between', { timeout: 60_000 }, async () => {
  await publish('one');
  await answers('one');
});
