/** What must pass without being touched: compressed bytes, streams, WebSockets, the length that a HEAD tells. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Edge, startEdge } from '../support/edge.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';
import { echoFirstFrame, helloThrough } from '../support/web-socket.ts';

const ZIPPED = gzipSync('a body that is compressed '.repeat(50));
let edge: Edge;
let upstream: http.Server;
let release: () => void;

before(async () => {
  upstream = http.createServer((request, response) => {
    if (request.url === '/zipped') {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': ZIPPED.length });
      response.end(request.method === 'HEAD' ? undefined : ZIPPED);
    } else {
      response.write('first');
      release = () => response.end('second');
    }
  });
  upstream.on('upgrade', echoFirstFrame);
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  edge = await startEdge(snapshotOf([virtualHostOf('*', [forwardTo('up')])], [clusterOf('up', [port])]));
});
after(async () => {
  await edge.stop();
  upstream.closeAllConnections();
  upstream.close();
});

function ask(path: string, method = 'GET'): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { port: edge.port(80), host: '127.0.0.1', path, method, headers: { 'accept-encoding': 'gzip' } };
    http.request(options, resolve).once('error', reject).end();
  });
}

test('compressed bytes arrive as they were sent', async () => {
  const answer = await ask('/zipped');
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  assert.equal(answer.headers['content-encoding'], 'gzip');
  assert.deepEqual(Buffer.concat(chunks), ZIPPED);
});

test('a HEAD tells the length of the body it does not have', async () => {
  const answer = await ask('/zipped', 'HEAD');
  answer.resume();
  assert.equal(answer.headers['content-length'], String(ZIPPED.length));
});

test('the beginning of an answer arrives before its end is known', { timeout: 5_000 }, async () => {
  const answer = await ask('/stream');
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  assert.equal(String((await chunks.next()).value), 'first');
  release();
  assert.equal(String((await chunks.next()).value), 'second');
});

test('a WebSocket passes frames both ways', { timeout: 5_000 }, async () => {
  assert.equal(await helloThrough(`ws://127.0.0.1:${edge.port(80)}/socket`), 'hello');
});
