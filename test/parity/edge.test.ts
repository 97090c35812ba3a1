/** The same requests through the gateway as it is served: Snapshot, workerd and all. What comes out is what the harness says. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import { compileFilter } from '../../sdk/build/compile.ts';
import { exchange } from '../../sdk/harness/envoy/client.ts';
import { differences } from '../../sdk/harness/envoy/compare.ts';
import { freePort } from '../../sdk/harness/envoy/index.ts';
import { serveUpstream } from '../../sdk/harness/envoy/upstream.ts';
import { loadFilter, type SeenRequest, type TestFilter } from '../../sdk/harness/index.ts';
import { ANSWER, flowsModule, nameOf, OPTIONS, REQUESTS } from './flows.ts';

const BIN = join(import.meta.dirname, '../../cli/bowsprit.mjs');
/** What the gateway adds for the upstream. */
const GATEWAY_HEADERS = ['x-forwarded-for', 'x-envoy-external-address', 'x-envoy-attempt-count', 'accept-encoding'];
const READY_MS = 20_000;

let folder = '';
let gateway: ChildProcess;
let port = 0;
let filter: TestFilter;
let seen: SeenRequest | undefined;
const servers: Server[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edge-'));
  const wasm = await flowsModule();
  filter = await loadFilter(wasm, OPTIONS);
  const file = join(folder, 'flows.wasm');
  writeFileSync(file, wasm);
  const upstream = await listen((request) => {
    seen = request;
    return ANSWER;
  });
  const up = await listen(() => ({ status: 200, body: 'granted' }));
  const slow = await listen(() => new Promise(() => undefined));
  const config = resources({ upstream, up, slow, dead: await freePort() }, file);
  writeFileSync(join(folder, 'config.yaml'), config.map((resource) => stringify(resource)).join('---\n'));
  port = await freePort();
  const admin = await freePort();
  const args = ['serve', '-f', join(folder, 'config.yaml'), '--listen', `80=${port}`, '--admin', `127.0.0.1:${admin}`];
  gateway = spawn(BIN, args, { stdio: 'ignore' });
  await ready(admin);
});

after(() => {
  gateway.kill();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function listen(answer: Parameters<typeof serveUpstream>[0]): Promise<number> {
  const { server, port: free } = await serveUpstream(answer);
  servers.push(server);
  return free;
}

async function ready(admin: number): Promise<void> {
  for (const end = Date.now() + READY_MS; Date.now() < end; ) {
    const ok = await fetch(`http://127.0.0.1:${admin}/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('serve did not get ready');
}

function resources(ports: Record<string, number>, file: string): object[] {
  const istio = (apiVersion: string, kind: string, name: string, spec: object) => ({
    apiVersion,
    kind,
    metadata: { name, namespace: 'istio-system' },
    spec,
  });
  const entries = Object.entries(ports).map(([name, number]) =>
    istio('networking.istio.io/v1', 'ServiceEntry', name, {
      hosts: [`${name}.example`],
      resolution: 'STATIC',
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      endpoints: [{ address: '127.0.0.1', ports: { http: number } }],
    }),
  );
  const selector = { istio: 'ingressgateway' };
  return [
    ...entries,
    istio('networking.istio.io/v1', 'Gateway', 'gw', {
      selector,
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    }),
    istio('networking.istio.io/v1', 'VirtualService', 'vs', {
      hosts: ['*'],
      gateways: ['gw'],
      http: [
        { route: [{ destination: { host: 'upstream.example', port: { number: 80 } } }], retries: { attempts: 0 } },
      ],
    }),
    istio('extensions.istio.io/v1alpha1', 'WasmPlugin', 'flows', {
      selector: { matchLabels: selector },
      url: `file://${file}`,
      pluginConfig: { prefix: 'outbound|80||', suffix: '.example' },
    }),
  ];
}

for (const request of REQUESTS)
  test(`${nameOf(request)} goes through the gateway as through the harness`, { timeout: 10_000 }, async () => {
    seen = undefined;
    const expected = await filter.request(request);
    const answer = await exchange(port, request);
    const response = answer && { ...answer, body: new TextDecoder().decode(answer.bytes) };
    assert.deepEqual(differences({ upstream: seen, response }, expected, GATEWAY_HEADERS), []);
  });

for (const framing of ['content-length: 6', 'transfer-encoding: chunked'])
  test(`a client that goes in the middle of a body that a filter passes on, ${framing}: nobody takes it for whole`, async () => {
    seen = undefined;
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    const piece = framing.startsWith('content') ? 'abc' : '3\r\nabc\r\n';
    socket.write(`POST /plain HTTP/1.1\r\nhost: a.example\r\n${framing}\r\n\r\n${piece}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(seen, undefined);
  });

test('a filter that is built anew takes over while requests go on', { timeout: 30_000 }, async () => {
  const { wasm } = await compileFilter(join(import.meta.dirname, 'hostile/assembly/index.ts'));
  const before = await exchange(port, { path: '/local' });
  assert.equal(before?.status, 418);
  writeFileSync(join(folder, 'new.wasm'), wasm);
  renameSync(join(folder, 'new.wasm'), join(folder, 'flows.wasm'));
  const statuses: (number | undefined)[] = [];
  for (const end = Date.now() + 15_000; Date.now() < end && statuses.at(-1) !== 200; )
    statuses.push((await exchange(port, { path: '/local' }))?.status);
  assert.equal(statuses.at(-1), 200, 'the new filter knows no /local');
  // workerd may close a connection that it has accepted but not read when its process is drained.
  assert.ok(statuses.filter((status) => status !== 200 && status !== 418).length <= 1, String(statuses.length));
});
