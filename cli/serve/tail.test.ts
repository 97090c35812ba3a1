import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { mayFollow, Tails } from './tail.ts';

const folder = mkdtempSync(join(tmpdir(), 'tail-test-'));
after(() => rmSync(folder, { recursive: true }));

async function listen(listener: RequestListener, at: string | number): Promise<number> {
  const server = createServer(listener);
  server.listen(at);
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A gateway process that gives `lines()` to every question. */
async function processWith(name: string, lines: () => string): Promise<string> {
  const socket = join(folder, name);
  await listen((_request, response) => response.end(lines()), socket);
  return socket;
}

async function follow(tails: Tails): Promise<IncomingMessage> {
  const port = await listen((_request, response) => void tails.follow(response), 0);
  const [answer] = await once(get({ port, agent: false }), 'response');
  return answer as IncomingMessage;
}

async function linesOf(answer: IncomingMessage): Promise<{ n?: number; dropped?: number }[]> {
  const lines = [];
  for await (const line of createInterface({ input: answer })) if (line !== '') lines.push(JSON.parse(line));
  return lines;
}

test('the lines of all processes come as one stream, to everybody who follows, from their first question on', async () => {
  let asked = 0;
  const first = await processWith('first', () => `{"n":${asked++}}\n`);
  const second = await processWith('second', () => '');
  const tails = new Tails(() => [first, second, join(folder, 'gone')]);
  const readers = [await follow(tails), await follow(tails)].map(linesOf);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await tails.end();
  const [early, late] = await Promise.all(readers);
  assert.deepEqual(
    early?.map(({ n }) => n),
    Array.from({ length: asked - 1 }, (_, index) => index + 1),
  );
  assert.ok(late && late.length > 0);
  assert.deepEqual(late, early?.slice(-late.length));
});

test('a reader that is too slow is told how many lines it lost, and makes nobody else wait', {
  timeout: 30_000,
}, async () => {
  let given = 0;
  const many = (): string => {
    const from = given;
    // Less, once there is proof: the reader has to take it all.
    given += from < 800 ? 100 : 1;
    return Array.from({ length: given - from }, (_, i) => `{"n":${from + i},"pad":"${'x'.repeat(40_000)}"}\n`).join('');
  };
  const tails = new Tails(() => [socket]);
  const socket = await processWith('many', many);
  const slow = await follow(tails);
  const before = given;
  while (given < 800) await new Promise((resolve) => setTimeout(resolve, 20));
  const quick = linesOf(await follow(tails));
  const all = linesOf(slow);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await tails.end();
  const lines = await all;
  const dropped = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
  assert.ok(dropped > 0);
  assert.equal(lines.filter(({ n }) => n !== undefined).length + dropped, given - before);
  assert.ok((await quick).every((line) => line.dropped === undefined));
});

test('only this machine may follow, and no web page that has given it a name', () => {
  const asked = (remoteAddress: string, localAddress: string, host: string) =>
    mayFollow({ socket: { remoteAddress, localAddress }, headers: { host } } as unknown as IncomingMessage);
  assert.ok(asked('127.0.0.1', '127.0.0.1', 'localhost:15021'));
  assert.ok(asked('::1', '::1', '[::1]:15021'));
  assert.ok(asked('::ffff:127.0.0.1', '::ffff:127.0.0.1', '127.0.0.1'));
  assert.ok(asked('10.0.0.5', '10.0.0.5', '10.0.0.5:15021'));
  assert.ok(!asked('10.0.0.6', '10.0.0.5', '10.0.0.5:15021'));
  assert.ok(!asked('127.0.0.1', '127.0.0.1', 'evil.example:15021'));
  assert.ok(!asked('1.127.0.1', '10.0.0.5', '10.0.0.5'));
});
