/** LEAST_REQUEST with one endpoint that is slower than the others: who gets what under a crowd, at the edge and in Envoy. */
import assert from 'node:assert/strict';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

const REQUESTS = 500;
const CROWD = 12;
const DELAYS = [100, 10, 10, 10];

interface Case {
  path: string;
  weights: number[];
}

const cases: Case[] = [
  { path: '/equal', weights: [1, 1, 1, 1] },
  { path: '/weighted', weights: [6, 1, 1, 1] },
];

let servers: Server[];
let envoy: RunningEnvoy;
let envoyPort: number;
let edge: Edge;

before(async () => {
  servers = DELAYS.map((delay, i) =>
    createServer((_, answer) => {
      setTimeout(() => answer.end(String(i)), delay);
    }),
  );
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  envoyPort = await freePort();
  envoy = await startEnvoy({
    listeners: [
      httpListener(
        envoyPort,
        cases.map(({ path }) => ({ match: { path }, route: { cluster: path } })),
      ),
    ],
    clusters: cases.map(({ path, weights }) =>
      staticCluster(
        path,
        ports.map((port, i) => ({ port, weight: weights[i]! })),
        { lb_policy: 'LEAST_REQUEST' },
      ),
    ),
  });
  const clusters = cases.map(({ path, weights }) => {
    const plain = clusterOf(path, ports);
    const endpoints = plain.endpoints.map((endpoint, i) => ({ ...endpoint, weight: weights[i]! }));
    return { ...plain, endpoints, loadBalancer: { policy: 'LEAST_REQUEST' as const } };
  });
  const routes = cases.map(({ path }) => forwardTo(path, { match: { path: { kind: 'exact', value: path } } }));
  edge = await startEdge(snapshotOf([virtualHostOf('*', routes)], clusters));
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  for (const server of servers ?? []) {
    server.closeAllConnections();
    server.close();
  }
});

function send(port: number, path: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent, timeout: 10_000 }, (answer) => {
      answer.on('data', (chunk) => resolve(Number(chunk))).on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer'))).on('error', reject);
    sent.end();
  });
}

/** Each endpoint's part of all requests, so many under way at any time. */
async function shares(port: number, path: string): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CROWD });
  const counts = DELAYS.map(() => 0);
  await Promise.all(
    Array.from({ length: REQUESTS }, async () => {
      counts[await send(port, path, agent)]! += 1 / REQUESTS;
    }),
  );
  agent.destroy();
  return counts;
}

for (const { path } of cases)
  test(`${path}: the slow one gets as much as from Envoy`, async () => {
    const [here, there] = [await shares(edge.port(80), path), await shares(envoyPort, path)];
    for (const [i, share] of here.entries())
      assert.ok(Math.abs(share - there[i]!) < 0.08, `${here.join(' ')} here, ${there.join(' ')} there`);
  });
