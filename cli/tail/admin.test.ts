import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { followAdmin } from './admin.ts';

/** What is followed at an admin address that answers like this. */
async function followed(listener: RequestListener): Promise<unknown[]> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  const lines: unknown[] = [];
  const admin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  for await (const line of followAdmin(admin, () => lines.push('started'))) lines.push(line);
  return lines;
}

test('lines are given until the gateway ends the stream, empty ones not', async () =>
  assert.deepEqual(await followed((_, answer) => answer.end('{"path":"/"}\n\n{"dropped":2}\n')), [
    'started',
    { path: '/' },
    { dropped: 2 },
  ]));

test('a stream that breaks off is a failure, as is an answer that is none', async () => {
  const breaking: RequestListener = (_, answer) => {
    answer.write('{"path":"/"}\n');
    setTimeout(() => answer.destroy(), 50);
  };
  await assert.rejects(followed(breaking), { name: 'Error', exitCode: 1, message: /aborted/ });
  await assert.rejects(
    followed((_, answer) => answer.writeHead(403).end('not you\n')),
    { exitCode: 1, message: /status 403: not you$/ },
  );
});

test('an address that is none is a wrong command line', async () => {
  for (const admin of ['a:b', 'ftp://127.0.0.1'])
    await assert.rejects(followAdmin(admin, () => undefined).next(), { exitCode: 64 });
});
