import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { generate } from 'selfsigned';
import { ControlClient } from './client.ts';

let server: Server;
let client: ControlClient;
/** Connections that had an answer. */
const known = new WeakSet<object>();
before(async () => {
  const pair = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  server = createServer({ key: pair.private, cert: pair.cert }, (request, answer) => {
    if (request.url === '/once' && known.has(request.socket)) return void request.socket.destroy();
    known.add(request.socket);
    answer.writeHead(200, { 'content-type': 'application/json', 'content-length': 20 });
    answer.write('{"kind":');
    if (request.url === '/dies') setImmediate(() => answer.destroy());
    else answer.end('"Status"}   ');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  client = new ControlClient({ server: `https://127.0.0.1:${port}/`, token: 'none', ca: pair.cert });
});
after(() => {
  server.closeAllConnections();
  server.close();
});

test('an answer is read to its end', async () => {
  assert.deepEqual(await client.ask('GET', '/whole'), { status: 200, body: { kind: 'Status' }, warnings: [] });
});

test('a server that dies in the middle of its answer is an error, not a wait without end', async () => {
  await assert.rejects(client.ask('GET', '/dies'), /https:\/\/127\.0\.0\.1:\d+\/: (aborted|Premature close)/);
});

test('a kept connection that the server closes costs no call that may be made twice', async () => {
  for (const method of ['GET', 'PATCH', 'DELETE']) assert.equal((await client.ask(method, '/once')).status, 200);
  await assert.rejects(client.ask('POST', '/once', {}), /socket hang up|ECONNRESET/);
});
