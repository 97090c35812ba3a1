/**
 * The edge, a real Envoy as the mesh entry of `bowsprit mesh`, real Envoys as the sidecars of two subsets, mutual TLS
 * between all of them: every destination is reached, and nobody but the edge gets in.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Manifest } from '../../control-api/mesh/manifests.ts';
import { freePort } from '../support/free-port.ts';
import { Authority } from './certificates.ts';
import { ENTRY_IDENTITY, meshEnvoy } from './entry-envoy.ts';
import { type RunningEnvoy, startEnvoy } from './envoy.ts';

const EDGE_IDENTITY = 'URI:spiffe://bowsprit.example/edge';
const BOWSPRIT = ['cli/bowsprit.mjs'];

const folder = mkdtempSync(join(tmpdir(), 'bowsprit-mesh-'));
const certificates = join(folder, 'certs');
const config = join(folder, 'config.yaml');
const stops: (() => void)[] = [];
let edgeAuthority: Authority;
let ports: { edge: number; admin: number; entry: number };
let edge: ChildProcess;
let envoy: RunningEnvoy;

const yaml = (entry: number) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com]
  gateways: [gw]
  http:
  - match: [{uri: {prefix: /v2}}]
    route: [{destination: {host: reviews, subset: v2, port: {number: 9080}}}]
  - match: [{uri: {prefix: /set}}]
    headers: {request: {set: {x-bowsprit-destination: "outbound|9080|v2|reviews.default.svc.cluster.local"}}}
    route: [{destination: {host: reviews, subset: v1, port: {number: 9080}}}]
  - route: [{destination: {host: reviews, subset: v1, port: {number: 9080}}}]
---
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec: {address: 127.0.0.1, port: ${entry}}
`;

/** An application: says which one it is and what reached it. */
async function application(version: string): Promise<number> {
  const port = await freePort();
  const server = http.createServer((request, response) =>
    response.end(JSON.stringify({ version, url: request.url, headers: request.headers })),
  );
  server.listen(port, '127.0.0.1');
  stops.push(() => server.close());
  return port;
}

interface Answer {
  status: number;
  body: string;
  headers: http.IncomingHttpHeaders;
}

function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  tls?: { cert?: Buffer; key?: Buffer },
): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path, headers: { host: 'shop.example.com', ...headers }, agent: false };
  return new Promise((resolve, reject) => {
    const take = (response: http.IncomingMessage) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    };
    const request = tls ? https.get({ ...options, ...tls, rejectUnauthorized: false }, take) : http.get(options, take);
    request.on('error', reject);
  });
}

async function untilReady(): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const ready = await get(ports.admin, '/ready').then(
      (answer) => answer.status === 200,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the edge did not get ready');
}

function shown(name: string): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(join(folder, `${name}.crt`)), key: readFileSync(join(folder, `${name}.key`)) };
}

before(async () => {
  mkdirSync(certificates);
  edgeAuthority = new Authority(folder, 'edge-ca');
  const meshAuthority = new Authority(folder, 'mesh-ca');
  const entryServer = edgeAuthority.issue(
    join(folder, 'entry'),
    'DNS:bowsprit-entry.bowsprit-system.svc.cluster.local',
  );
  const entryWorkload = meshAuthority.issue(join(folder, 'entry-workload'), `URI:${ENTRY_IDENTITY}`);
  const sidecar = meshAuthority.issue(join(folder, 'sidecar'), 'URI:spiffe://cluster.local/ns/default/sa/reviews');
  edgeAuthority.issue(join(folder, 'other'), 'URI:spiffe://bowsprit.example/other');
  edgeAuthority.issue(join(certificates, 'bowsprit-edge'), EDGE_IDENTITY);
  copyFileSync(edgeAuthority.certificate, join(certificates, 'bowsprit-edge.ca'));
  ports = { edge: await freePort(), admin: await freePort(), entry: await freePort() };
  writeFileSync(config, yaml(ports.entry));
  const printed = execFileSync(process.execPath, [...BOWSPRIT, 'mesh', '-f', config, '-o', 'json'], {
    encoding: 'utf8',
  });
  const manifests = (JSON.parse(printed) as { items: Manifest[] }).items;
  const subsets = {
    v1: { sidecar: await freePort(), application: await application('v1') },
    v2: { sidecar: await freePort(), application: await application('v2') },
  };
  const files = {
    entry: { ...entryServer, ca: edgeAuthority.certificate },
    entryWorkload: { ...entryWorkload, ca: meshAuthority.certificate },
    sidecar: { ...sidecar, ca: meshAuthority.certificate },
  };
  envoy = await startEnvoy(meshEnvoy(manifests, files, { entry: ports.entry, subsets }));
  stops.push(() => envoy.stop());
  const args = [
    'serve',
    '-f',
    config,
    '--certs',
    certificates,
    '--listen',
    `80=${ports.edge}`,
    '--admin',
    `127.0.0.1:${ports.admin}`,
  ];
  edge = spawn(process.execPath, [...BOWSPRIT, ...args], { stdio: 'inherit' });
  stops.push(() => edge.kill('SIGTERM'));
  await untilReady();
});

after(() => {
  for (const stop of stops) stop();
  rmSync(folder, { recursive: true, force: true });
});

for (const [path, version] of [
  ['/', 'v1'],
  ['/v2/a?b=c', 'v2'],
] as const) {
  test(`${path} reaches subset ${version} through the entry, as the client sent it`, async () => {
    const answer = await get(ports.edge, path, {
      'x-forwarded-for': '198.51.100.66',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    assert.equal(answer.status, 200, answer.body);
    const seen = JSON.parse(answer.body) as { version: string; url: string; headers: Record<string, string> };
    assert.equal(seen.version, version);
    assert.equal(seen.url, path);
    assert.equal(seen.headers.host, 'shop.example.com');
    assert.equal(seen.headers['x-forwarded-for'], '198.51.100.66,127.0.0.1');
    assert.equal(seen.headers.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    assert.match(seen.headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      Object.keys(seen.headers).filter((name) => name.startsWith('x-bowsprit')),
      [],
    );
    assert.equal(answer.headers['x-bowsprit-entry'], undefined);
  });
}

test('neither a client nor a header operation chooses another destination', async () => {
  const spoofed = { 'x-bowsprit-destination': 'outbound|9080|v2|reviews.default.svc.cluster.local' };
  for (const path of ['/', '/set']) {
    const answer = await get(ports.edge, path, spoofed);
    assert.equal((JSON.parse(answer.body) as { version: string }).version, 'v1');
  }
});

test('without the certificate, with another identity or without a destination nobody gets in', async () => {
  const destination = { 'x-bowsprit-destination': 'outbound|9080|v1|reviews.default.svc.cluster.local' };
  await assert.rejects(get(ports.entry, '/', destination, {}));
  assert.equal((await get(ports.entry, '/', destination, shown('other'))).status, 403);
  assert.equal((await get(ports.entry, '/', {}, shown('certs/bowsprit-edge'))).status, 403);
  assert.equal((await get(ports.entry, '/', destination, shown('certs/bowsprit-edge'))).status, 200);
});

test('a destination the entry does not know is 421', async () => {
  const answer = await get(
    ports.entry,
    '/',
    { 'x-bowsprit-destination': 'outbound|1||nobody' },
    shown('certs/bowsprit-edge'),
  );
  assert.equal(answer.status, 421);
});

test("the edge's certificate rotates under load without a lost request", async () => {
  let running = true;
  const statuses: number[] = [];
  const client = (async () => {
    while (running)
      statuses.push(
        await get(ports.edge, '/').then(
          (answer) => answer.status,
          () => 0,
        ),
      );
  })();
  edgeAuthority.issue(join(certificates, 'bowsprit-edge'), EDGE_IDENTITY);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  running = false;
  await client;
  assert.ok(statuses.length > 50, `${statuses.length} requests`);
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
});
