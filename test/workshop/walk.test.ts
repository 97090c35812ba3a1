/**
 * The workshops' steps on faults, retries, mirrors and the user called jason, walked on a real workerd. The guestbook's are
 * written for sidecars, so each is first held to be left to them, and then bound to the gateway, its rules unchanged.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { configurationOf } from '../../cli/configuration.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { get } from '../support/raw-http.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, 'files', name), 'utf8');
const stops: (() => unknown)[] = [];
after(() => Promise.all(stops.map((stop) => stop())));

/** Counts what reaches it; the next `failing` connections are refused their answer. */
interface Pod {
  port: number;
  seen: string[];
}

let pods: Record<'v1' | 'v2', Pod>;
before(async () => {
  pods = { v1: await pod('v1'), v2: await pod('v2') };
});

async function pod(version: string): Promise<Pod> {
  const seen: string[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request.url ?? '');
    response.end(version);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, seen };
}

/** A ServiceEntry and a DestinationRule stand in for the workshop's pods; `dead` puts one beside them that nobody runs. */
function service(name: string, versions: [string, string], dead?: number): string {
  const endpoint = (port: number, version: string) => ({
    address: '127.0.0.1',
    ports: { http: port },
    labels: { version },
  });
  const live = [endpoint(pods.v1.port, versions[0]), endpoint(pods.v2.port, versions[1])];
  const endpoints = dead === undefined ? live : [endpoint(dead, versions[0]), endpoint(pods.v1.port, versions[0])];
  const subsets = versions.map((version, index) => ({ name: `v${index + 1}`, labels: { version } }));
  const host = `${name}.default.svc.cluster.local`;
  const entry = {
    hosts: [host],
    resolution: 'STATIC',
    ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
    endpoints,
  };
  const api = { apiVersion: 'networking.istio.io/v1', metadata: { name } };
  return [
    { ...api, kind: 'ServiceEntry', spec: entry },
    { ...api, kind: 'DestinationRule', spec: { host, subsets } },
  ]
    .map((object) => JSON.stringify(object))
    .join('\n---\n');
}

/** The file's VirtualServices, for the guestbook's gateway instead of the sidecars. */
function atTheGateway(name: string): string {
  const objects = parseAllDocuments(read(name), { version: '1.1' }).map((document) => document.toJS());
  const bound = objects
    .filter(({ kind }) => kind === 'VirtualService')
    .map((object) => ({ ...object, spec: { ...object.spec, hosts: ['*'], gateways: ['guestbook-ui-gateway'] } }));
  return bound.map((object) => JSON.stringify(object)).join('\n---\n');
}

const gatewayOnly = read('guestbook/01-gateway.yaml').split('\n---\n')[0] ?? '';

async function serve(...texts: string[]): Promise<Edge> {
  const { snapshot } = configurationOf(
    [{ file: 'walk.yaml', text: texts.join('\n---\n') }],
    {},
    { namespace: 'default' },
  );
  const edge = await startEdge(snapshot);
  stops.push(() => edge.stop());
  return edge;
}

for (const name of ['02-fault-abort', '03-fault-delay', '04-retries', '09-mirror']) {
  test(`guestbook/${name} is left to the sidecars as it is`, () => {
    const source = { file: name, text: read(`guestbook/${name}-mesh.yaml`) };
    const { placements, snapshot } = configurationOf([source], {}, { namespace: 'default' });
    const virtualServices = placements.filter(({ resource, field }) => resource.startsWith('VirtualService') && !field);
    assert.deepEqual(
      virtualServices.map(({ where }) => where),
      ['cluster'],
    );
    assert.deepEqual(snapshot.listeners, []);
  });
}

test('02: every request is aborted with 503', async () => {
  const edge = await serve(
    gatewayOnly,
    service('guestbook-service', ['1.0', '2.0']),
    atTheGateway('guestbook/02-fault-abort-mesh.yaml'),
  );
  const answer = await get(edge.port(80), 'guestbook.example.com', '/');
  assert.equal(answer?.status, 503);
  assert.equal(answer?.body, 'fault filter abort');
});

test('03: every request waits five seconds, and is then answered', async () => {
  const edge = await serve(
    gatewayOnly,
    service('message-service', ['1.0', '2.0']),
    atTheGateway('guestbook/03-fault-delay-mesh.yaml'),
  );
  const started = performance.now();
  const answer = await get(edge.port(80), 'guestbook.example.com', '/');
  const seconds = (performance.now() - started) / 1000;
  assert.equal(answer?.status, 200);
  assert.ok(seconds >= 4.9, `${seconds} s`);
});

test('04: a pod that refuses connections costs no answer', async () => {
  const dead = await pod('gone');
  await stops.pop()?.();
  const edge = await serve(
    gatewayOnly,
    service('message-service', ['1.0', '2.0'], dead.port),
    atTheGateway('guestbook/04-retries-mesh.yaml'),
  );
  for (let i = 0; i < 10; i++) assert.equal((await get(edge.port(80), 'guestbook.example.com', '/'))?.status, 200);
});

test('09: v1 answers, and v2 sees a copy of every request', async () => {
  const edge = await serve(
    gatewayOnly,
    service('message-service', ['1.0', '2.0']),
    atTheGateway('guestbook/09-mirror-mesh.yaml'),
  );
  pods.v2.seen.length = 0;
  for (let i = 0; i < 5; i++)
    assert.equal((await get(edge.port(80), 'guestbook.example.com', `/copy/${i}`))?.body, 'v1');
  for (let tries = 0; tries < 100 && pods.v2.seen.length < 5; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(pods.v2.seen.toSorted(), ['/copy/0', '/copy/1', '/copy/2', '/copy/3', '/copy/4']);
});

test("jason: his host is not among the gateway's, which Istio answers with 404 and check says", async () => {
  const texts = [read('blog/1-maildev.yaml'), read('blog/2-jason.yaml'), service('reviews', ['v1', 'v2'])];
  const { findings } = configurationOf([{ file: 'blog', text: texts.join('\n---\n') }], {}, { namespace: 'default' });
  assert.deepEqual(
    findings.filter(({ level }) => level === 'error'),
    [],
  );
  const edge = await serve(...texts);
  assert.equal((await get(edge.port(80), 'reviews.example.com', '/', ['end-user: jason']))?.status, 404);
});

test('jason: delayed, aborted, or sent to v2; everybody else gets v1', async () => {
  const gateway = read('blog/1-maildev.yaml').replace('- "maildev.example.com"', '- "*.example.com"');
  const edge = await serve(gateway, read('blog/2-jason.yaml'), service('reviews', ['v1', 'v2']));
  const ask = (path: string, user?: string) =>
    get(edge.port(80), 'reviews.example.com', path, user ? [`end-user: ${user}`] : []);
  assert.equal((await ask('/', 'jason'))?.body, 'v2');
  assert.equal((await ask('/', 'ann'))?.body, 'v1');
  assert.equal((await ask('/aborted', 'jason'))?.status, 500);
  assert.equal((await ask('/aborted', 'ann'))?.body, 'v1');
  const started = performance.now();
  assert.equal((await ask('/delayed', 'jason'))?.body, 'v1');
  assert.ok(performance.now() - started >= 6900);
});
