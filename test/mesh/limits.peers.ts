/** connectionPool's limits and retryBudget under the same crowd: who is answered, who overflows, how much reaches the upstream. */
import assert from 'node:assert/strict';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Cluster, ForwardAction } from '../../gateway/snapshot.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster, UNLIMITED } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

const DELAY_MS = 250;

interface Case {
  path: string;
  /** How many ask at once. */
  crowd: number;
  ours: Pick<Cluster, 'connectionPool' | 'retryBudget'>;
  /** Envoy's thresholds for the same words. */
  theirs: Record<string, unknown>;
  /** Status of every answer; 200. */
  status?: number;
  attempts?: number;
}

const cases: Case[] = [
  { path: '/no-limit', crowd: 8, ours: {}, theirs: {} },
  { path: '/requests', crowd: 8, ours: { connectionPool: { http2MaxRequests: 3 } }, theirs: { max_requests: 3 } },
  { path: '/connections', crowd: 6, ours: { connectionPool: { maxConnections: 2 } }, theirs: { max_connections: 2 } },
  {
    path: '/queue',
    crowd: 8,
    ours: { connectionPool: { maxConnections: 2, http1MaxPendingRequests: 3 } },
    theirs: { max_connections: 2, max_pending_requests: 3 },
  },
  {
    path: '/queue-and-requests',
    crowd: 8,
    ours: { connectionPool: { maxConnections: 3, http1MaxPendingRequests: 3, http2MaxRequests: 2 } },
    theirs: { max_connections: 3, max_pending_requests: 3, max_requests: 2 },
  },
  {
    path: '/queue-for-requests',
    crowd: 6,
    ours: { connectionPool: { maxConnections: 2, http1MaxPendingRequests: 3, http2MaxRequests: 2 } },
    theirs: { max_connections: 2, max_pending_requests: 3, max_requests: 2 },
  },
  {
    path: '/retries',
    crowd: 6,
    ours: { connectionPool: { maxRetries: 2 } },
    theirs: { max_retries: 2 },
    status: 503,
    attempts: 1,
  },
  {
    path: '/retries-again',
    crowd: 6,
    ours: { connectionPool: { maxRetries: 1 } },
    theirs: { max_retries: 1 },
    status: 503,
    attempts: 3,
  },
  {
    path: '/budget',
    crowd: 10,
    ours: { retryBudget: { percent: 50, minRetryConcurrency: 1 } },
    theirs: { retry_budget: { budget_percent: { value: 50 }, min_retry_concurrency: 1 } },
    status: 503,
    attempts: 1,
  },
  {
    path: '/least-budget',
    crowd: 6,
    ours: { retryBudget: { percent: 0, minRetryConcurrency: 2 } },
    theirs: { retry_budget: { budget_percent: { value: 0 }, min_retry_concurrency: 2 } },
    status: 503,
    attempts: 1,
  },
];

let server: Server;
let arrived = 0;
let present = 0;
let peak = 0;
let envoy: RunningEnvoy;
let envoyPort: number;
let edge: Edge;

before(async () => {
  server = createServer((asked, answer) => {
    arrived++;
    peak = Math.max(peak, ++present);
    const status = Number(asked.headers['x-status'] ?? 200);
    const delay = asked.headers['x-now'] ? 0 : DELAY_MS;
    setTimeout(() => {
      present--;
      answer.writeHead(status).end('done');
    }, delay);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  envoyPort = await freePort();
  envoy = await startEnvoy({
    listeners: [httpListener(envoyPort, cases.map(theirRoute))],
    clusters: cases.map(({ path, theirs }) =>
      staticCluster(path, [{ port }], { circuit_breakers: { thresholds: [{ ...UNLIMITED, ...theirs }] } }),
    ),
  });
  const clusters = cases.map(({ path, ours }) => ({ ...clusterOf(path, [port]), ...ours }));
  edge = await startEdge(snapshotOf([virtualHostOf('*', cases.map(ourRoute))], clusters));
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  server?.closeAllConnections();
  server?.close();
});

const theirRoute = ({ path, attempts = 0 }: Case) => ({
  match: { path },
  route: {
    cluster: path,
    timeout: '0s',
    ...(attempts && {
      retry_policy: { retry_on: '5xx', num_retries: attempts, retry_back_off: { base_interval: '0.02s' } },
    }),
  },
});

function ourRoute({ path, attempts = 0 }: Case) {
  const route = forwardTo(path, { match: { path: { kind: 'exact', value: path } } });
  const retry = { attempts, retryOn: ['5xx'], retriableStatusCodes: [], ignorePreviousHosts: false, backoffMs: 20 };
  return { ...route, action: { ...(route.action as ForwardAction), ...(attempts && { retry }) } };
}

/** `<status> <body> <x-envoy-overloaded>` */
function send(port: number, path: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false, timeout: 10_000 }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve(`${answer.statusCode} ${body} ${answer.headers['x-envoy-overloaded'] ?? ''}`));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end();
  });
}

interface Outcome {
  answers: Record<string, number>;
  arrived: number;
  peak: number;
}

async function crowd(port: number, { path, crowd: size, status = 200 }: Case): Promise<Outcome> {
  // So that the connections that a limit allows are there.
  await Promise.all(Array.from({ length: 2 }, () => send(port, path, { 'x-now': '1' })));
  arrived = 0;
  peak = 0;
  const bodies = await Promise.all(
    Array.from({ length: size }, () => send(port, path, { 'x-status': String(status) })),
  );
  const answers: Record<string, number> = {};
  for (const body of bodies) answers[body] = (answers[body] ?? 0) + 1;
  return { answers, arrived, peak };
}

/** A part of those in flight: how many are still in flight at a decision hangs on when answers are read. */
const isByPart = ({ ours }: Case): boolean => (ours.retryBudget?.percent ?? 0) > 0;

for (const one of cases)
  test(`${one.path}: ${JSON.stringify(one.ours)}`, async () => {
    const theirs = await crowd(envoyPort, one);
    const ours = await crowd(edge.port(80), one);
    if (!isByPart(one)) return assert.deepEqual(ours, theirs);
    assert.deepEqual(ours.answers, theirs.answers);
    assert.ok(Math.abs(ours.arrived - theirs.arrived) <= 2, `${ours.arrived} here, ${theirs.arrived} there`);
    assert.ok(ours.arrived < 2 * one.crowd - 2, 'nothing was held back');
  });
