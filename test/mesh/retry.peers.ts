/** Every retry_on word against every kind of failure: how often a real Envoy sends the request, and how often we do. */
import assert from 'node:assert/strict';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { ForwardAction } from '../../gateway/snapshot.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

const ATTEMPTS = 2;
const PER_TRY_MS = 250;
const WORDS = [
  '5xx',
  'gateway-error',
  'reset',
  'connect-failure',
  'refused-stream',
  'retriable-4xx',
  'retriable-status-codes',
  'cancelled',
  'deadline-exceeded',
  'resource-exhausted',
  'unavailable',
  'internal',
  'envoy-ratelimited',
  'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
];
/** Statuses, `reset`, `hang`, `grpc-<status>`, `limited` (429 with x-envoy-ratelimited), `refused`. */
const MOODS = [
  '200',
  '404',
  '409',
  '418',
  '500',
  '502',
  '503',
  '504',
  '505',
  'reset',
  'hang',
  'limited',
  'refused',
].concat(['1', '4', '8', '13', '14', '2'].map((status) => `grpc-${status}`));

let arrived = 0;
let server: Server;
let envoy: RunningEnvoy;
let edge: Edge;
let envoyPort: number;

before(async () => {
  server = createServer((asked, answer) => {
    arrived++;
    const mood = asked.url!.split('/').at(-1)!;
    if (mood === 'reset') return asked.socket.destroy();
    if (mood === 'hang') return;
    const limited = mood === 'limited' ? { 'x-envoy-ratelimited': 'true' } : {};
    const grpc = mood.startsWith('grpc-') ? { 'grpc-status': mood.slice(5) } : {};
    answer.writeHead(mood === 'limited' ? 429 : Number(mood) || 200, { ...limited, ...grpc }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const dead = await freePort();
  envoyPort = await freePort();
  const paths = WORDS.flatMap((word, index) => [
    { prefix: `/${index}/refused`, cluster: 'dead', word },
    { prefix: `/${index}/`, cluster: 'up', word },
  ]);
  const routes = paths.map(({ prefix, cluster, word }) => ({
    match: { prefix },
    route: {
      cluster,
      timeout: '0s',
      retry_policy: {
        retry_on: word,
        num_retries: ATTEMPTS,
        per_try_timeout: `${PER_TRY_MS / 1000}s`,
        retriable_status_codes: [418],
      },
    },
  }));
  const clusters = [staticCluster('up', [{ port }], {}), staticCluster('dead', [{ port: dead }], {})];
  envoy = await startEnvoy({ listeners: [httpListener(envoyPort, routes)], clusters });
  edge = await startEdge(
    snapshotOf(
      [
        virtualHostOf(
          '*',
          paths.map(({ prefix, cluster, word }) => {
            const route = forwardTo(cluster, { match: { path: { kind: 'prefix', value: prefix } } });
            return { ...route, action: { ...(route.action as ForwardAction), retry: policy(word) } };
          }),
        ),
      ],
      [clusterOf('up', [port]), clusterOf('dead', [dead])],
    ),
  );
});

const policy = (word: string) => ({
  attempts: ATTEMPTS,
  perTryTimeoutMs: PER_TRY_MS,
  retryOn: word.split(','),
  retriableStatusCodes: word.includes('retriable-status-codes') ? [418] : [],
  ignorePreviousHosts: false,
  backoffMs: 25,
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  server?.closeAllConnections();
  server?.close();
});

/** `<status> <body> <times the upstream was asked>` */
function outcome(port: number, path: string): Promise<string> {
  arrived = 0;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => resolve(`${answer.statusCode} ${body} ${arrived}`));
    });
    sent.on('error', reject);
    sent.end();
  });
}

for (const [index, word] of WORDS.entries()) {
  test(`retry_on ${word}`, async () => {
    const outcomes = async (port: number) => {
      const list: [string, string][] = [];
      for (const mood of MOODS) list.push([mood, await outcome(port, `/${index}/${mood}`)]);
      return Object.fromEntries(list);
    };
    assert.deepEqual(await outcomes(edge.port(80)), await outcomes(envoyPort));
  });
}
