/**
 * What the edge does with an entry that carries out retries: it takes its answers as they are, tries again only what brought none, and
 * then without the policy, because the entry may have tried already.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import type { Cluster, Route } from '../../gateway/snapshot.ts';
import { get } from '../support/client.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

const NAME = 'outbound|80||ui.default.svc.cluster.local';
/** The keys under which the entry was asked, in order. */
const asked: (string | undefined)[] = [];
let entry: http.Server;
let edge: Edge;

const behindEntry = (port: number): Cluster => ({ ...clusterOf(NAME, [port]), resolution: 'MESH' });

function route(path: string, retryOn: string[]): Route {
  const retry = { attempts: 2, retryOn, retriableStatusCodes: [], ignorePreviousHosts: true, backoffMs: 1 };
  const destinations = [{ cluster: NAME, weight: 100 }];
  const action = { kind: 'forward', destinations, timeoutMs: 0, retry, entryPolicy: 'p-1' } as const;
  return { ...forwardTo(NAME), match: { path: { kind: 'prefix', value: path } }, action };
}

before(async () => {
  entry = http.createServer((request, response) => {
    asked.push(request.headers['x-bowsprit-destination'] as string | undefined);
    if (request.headers['x-reset'] && asked.length <= Number(request.headers['x-reset'])) request.socket.destroy();
    else
      response.writeHead(Number(request.headers['x-status'] ?? 200), { 'x-bowsprit-entry': 'URX via_upstream' }).end();
  });
  await new Promise<void>((resolve) => entry.listen(0, '127.0.0.1', resolve));
  const { port } = entry.address() as AddressInfo;
  const routes = [route('/any', ['5xx', 'reset']), route('/connect', ['connect-failure'])];
  edge = await startEdge(snapshotOf([virtualHostOf('*', routes)], [behindEntry(port)]));
});
after(async () => {
  await edge?.stop();
  entry.close();
});
beforeEach(() => {
  asked.length = 0;
});

const ask = (path: string, headers: Record<string, string>) => get(edge.port(80), path, { headers });

test('an answer of the entry is its last word, and it names the policy', async () => {
  const { status, headers } = await ask('/any', { 'x-status': '503' });
  assert.equal(status, 503);
  assert.equal(headers['x-bowsprit-entry'], undefined);
  assert.deepEqual(asked, [`${NAME};p-1`]);
});

test('what broke on the way is tried again without the policy, as often as the route says', async () => {
  assert.equal((await ask('/any', { 'x-reset': '2' })).status, 200);
  assert.deepEqual(asked, [`${NAME};p-1`, NAME, NAME]);
});

test('what broke on the way is not tried again where the route says nothing of it', async () => {
  assert.equal((await ask('/connect', { 'x-reset': '1' })).status, 503);
  assert.deepEqual(asked, [`${NAME};p-1`]);
});
