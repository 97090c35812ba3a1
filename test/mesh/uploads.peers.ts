/**
 * Uploads that an upstream does not wait for: it resets, answers or goes while the body is still on its way. What the client
 * sees, how often the upstream is asked and whose body arrives whole, at the edge and in Envoy.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { ForwardAction } from '../../gateway/snapshot.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

/** What the first try meets; further ones are answered when their body has come. */
type Mood =
  | 'reset-at-once'
  | 'close-at-once'
  | '503-at-once'
  | '200-at-once'
  | 'reset-in-body'
  | '503-after-body'
  | 'reset-after-body'
  | 'fine';
const MOODS: Mood[] = [
  'reset-at-once',
  'close-at-once',
  '503-at-once',
  '200-at-once',
  'reset-in-body',
  '503-after-body',
  'reset-after-body',
  'fine',
];

/** An upload: how many parts of what size, and what lies between them. */
interface Upload {
  name: string;
  parts: number;
  size: number;
  pauseMs: number;
  chunked: boolean;
  /** The client goes before the last part. */
  breaks?: boolean;
}
const UPLOADS: Upload[] = [
  { name: 'quick', parts: 1, size: 5000, pauseMs: 0, chunked: false },
  { name: 'slow with a length', parts: 5, size: 2000, pauseMs: 40, chunked: false },
  { name: 'slow in chunks', parts: 5, size: 2000, pauseMs: 40, chunked: true },
  { name: 'too long to be kept', parts: 15, size: 100_000, pauseMs: 5, chunked: false },
  { name: 'too long to be kept, in chunks', parts: 15, size: 100_000, pauseMs: 5, chunked: true },
];

let server: http.Server;
let envoy: RunningEnvoy;
let envoyPort: number;
let edge: Edge;
/** By `x-id`: what became of each try. */
const tries = new Map<string, string[]>();

before(async () => {
  server = http.createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ports = { up: (server.address() as AddressInfo).port, dead: await freePort() };
  envoyPort = await freePort();
  const names = Object.entries(ports);
  envoy = await startEnvoy({
    listeners: [
      httpListener(
        envoyPort,
        names.map(([name]) => ({
          match: { prefix: `/${name}` },
          route: { cluster: name, timeout: '0s', retry_policy: { retry_on: '5xx', num_retries: 2 } },
        })),
      ),
    ],
    clusters: names.map(([name, port]) => staticCluster(name, [{ port }], {})),
  });
  const retry = { attempts: 2, retryOn: ['5xx'], retriableStatusCodes: [], ignorePreviousHosts: false, backoffMs: 25 };
  const routes = names.map(([name]) => {
    const route = forwardTo(name, { match: { path: { kind: 'prefix', value: `/${name}` } } });
    return { ...route, action: { ...(route.action as ForwardAction), retry } };
  });
  edge = await startEdge(
    snapshotOf(
      [virtualHostOf('*', routes)],
      names.map(([name, port]) => clusterOf(name, [port])),
    ),
  );
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  server?.closeAllConnections();
  server?.close();
});

function serve(asked: http.IncomingMessage, answer: http.ServerResponse): void {
  const seen = tries.get(String(asked.headers['x-id'])) ?? [];
  tries.set(String(asked.headers['x-id']), seen);
  const attempt = seen.push('begun') - 1;
  const mood = attempt === 0 ? (asked.headers['x-mood'] as Mood) : 'fine';
  let length = 0;
  asked.on('error', () => {});
  if (mood === 'reset-at-once') return void asked.socket.resetAndDestroy();
  if (mood === 'close-at-once') return void asked.socket.end();
  if (mood.endsWith('at-once')) answer.writeHead(Number(mood.slice(0, 3)), { 'content-length': 5 }).end('early');
  asked.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (mood === 'reset-in-body') asked.socket.resetAndDestroy();
  });
  asked.on('end', () => {
    // What comes after an early answer is nobody's concern any more.
    if (answer.writableEnded) return;
    seen[attempt] = String(length);
    if (mood === 'reset-after-body') asked.socket.resetAndDestroy();
    else answer.writeHead(mood === '503-after-body' ? 503 : 200).end(`took ${length}`);
  });
}

let ids = 0;

interface Outcome {
  seen: string;
  tries: string[];
}

async function outcome(port: number, path: string, mood: Mood, upload: Upload): Promise<Outcome> {
  const id = String(ids++);
  const seen = await send(port, path, { 'x-id': id, 'x-mood': mood }, upload);
  const until = Date.now() + 5000;
  do await new Promise((resolve) => setTimeout(resolve, 50));
  while (path === '/up' && !tries.has(id) && Date.now() < until);
  return { seen, tries: tries.get(id) ?? [] };
}

/** Raw, so that an answer is seen that comes before the body has gone. */
function send(port: number, path: string, headers: Record<string, string>, upload: Upload): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  let timer: NodeJS.Timeout;
  const done = () => {
    clearTimeout(timer);
    socket.destroy();
    const [head = '', ...body] = text.split('\r\n\r\n');
    resolve(`${head.slice(9, 12)} ${body.join('').replace(/^[0-9a-f]+\r\n|\r\n0?/gi, '')}`);
  };
  timer = setTimeout(done, 20_000);
  socket.on('error', done).on('close', done);
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const [head = '', body] = text.split('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (body !== undefined && (length === undefined ? body.endsWith('0') : body.length >= Number(length))) done();
  });
  const framing = upload.chunked ? 'transfer-encoding: chunked' : `content-length: ${upload.parts * upload.size}`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write([`POST ${path} HTTP/1.1`, 'host: a.example', framing, ...lines, '', ''].join('\r\n'));
  void write(socket, upload);
  return promise;
}

async function write(socket: net.Socket, { parts, size, pauseMs, chunked, breaks }: Upload): Promise<void> {
  const part = 'x'.repeat(size);
  for (let i = 0; i < parts && !socket.destroyed; i++) {
    if (breaks && i === parts - 1) return void socket.destroy();
    socket.write(chunked ? `${size.toString(16)}\r\n${part}\r\n` : part);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  if (chunked && !socket.destroyed) socket.write('0\r\n\r\n');
}

/** Both gateways close on a client that goes on writing after its answer, and who wins that race is chance. */
const isRace = ({ parts }: Upload, mood: Mood): boolean => mood === '200-at-once' && parts > 1;

describe('uploads', { concurrency: 6 }, () => {
  for (const upload of UPLOADS)
    for (const mood of MOODS.filter((mood) => !isRace(upload, mood)))
      test(`${upload.name}, ${mood}`, async () => {
        const theirs = await outcome(envoyPort, '/up', mood, upload);
        const ours = await outcome(edge.port(80), '/up', mood, upload);
        assert.deepEqual(ours, theirs);
      });
  // How much of a long body Envoy has taken in by the time of a retry is chance, too.
  for (const upload of UPLOADS.filter(({ parts }) => parts < 10))
    test(`${upload.name}, refused`, async () => {
      const theirs = await outcome(envoyPort, '/dead', 'fine', upload);
      const ours = await outcome(edge.port(80), '/dead', 'fine', upload);
      assert.deepEqual(ours, theirs);
    });
});

test('a client that goes in the middle of its body leaves the upstream with a broken one, not with a short one', async () => {
  for (const upload of UPLOADS.filter(({ parts }) => parts > 1)) {
    const theirs = await outcome(envoyPort, '/up', 'fine', { ...upload, breaks: true });
    const ours = await outcome(edge.port(80), '/up', 'fine', { ...upload, breaks: true });
    assert.deepEqual(ours, theirs, upload.name);
    assert.deepEqual(ours.tries, ['begun']);
  }
});
