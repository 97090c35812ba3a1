/** `bowsprit tail --deployed` with the real wrangler, and a stand-in for Cloudflare's API that tells it about two requests. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { acceptUpgrade, textFrame } from '../support/web-socket.ts';

const LOGGED = {
  start_time: '2026-01-02T03:04:05.678Z',
  authority: 'shop.example.com',
  method: 'GET',
  path: '/down',
  response_code: 503,
  response_flags: 'UF',
  upstream_cluster: 'outbound|80||down.example.com',
};

function eventOf(path: string, messages: string[]): string {
  return JSON.stringify({
    outcome: 'ok',
    eventTimestamp: 1_760_000_000_000,
    wallTime: 12,
    exceptions: [],
    logs: messages.map((message) => ({ message: [message], level: 'log', timestamp: 1_760_000_000_000 })),
    event: { request: { url: `https://shop.example.com${path}`, method: 'GET' }, response: { status: 503 } },
  });
}

const asked: string[] = [];
const api = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const { port } = api.address() as AddressInfo;
  const result = { id: 'one', url: `ws://127.0.0.1:${port}/`, expires_at: '2099-01-01T00:00:00Z' };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
});
api.on('upgrade', (request, socket) => {
  acceptUpgrade(request, socket);
  socket.resume();
  for (const event of [eventOf('/down', [JSON.stringify(LOGGED)]), eventOf('/seen', [])])
    socket.write(textFrame(event));
});
before(async () => {
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
});
after(() => {
  api.closeAllConnections();
  api.close();
});

function startTail(...args: string[]) {
  const env = {
    ...process.env,
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    CLOUDFLARE_API_TOKEN: 'none',
    CLOUDFLARE_ACCOUNT_ID: 'an-account',
  };
  return spawn(process.execPath, ['cli/bowsprit.mjs', 'tail', '--deployed', ...args], { env, timeout: 60_000 });
}

test('the requests of a deployed gateway are shown in the same form, and nothing is left behind', async () => {
  const tail = startTail('edge', '-o', 'json');
  const ended = once(tail, 'exit');
  const errors = textOf(tail.stderr);
  const lines: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: tail.stdout })) {
    lines.push(JSON.parse(line));
    if (lines.length === 2) tail.kill('SIGINT');
  }
  assert.deepEqual(await ended, [0, null], await errors);
  const [logged, seen] = lines;
  assert.deepEqual({ ...logged, ...LOGGED }, logged);
  assert.deepEqual([seen?.path, seen?.response_code, seen?.response_flags], ['/seen', 503, null]);
  for (let i = 0; i < 100 && asked.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  const tails = '/accounts/an-account/workers/scripts/edge/tails';
  assert.deepEqual(asked, [`POST ${tails}`, `DELETE ${tails}/one`]);
});
