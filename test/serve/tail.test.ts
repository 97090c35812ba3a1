/** `bowsprit tail` beside a real `bowsprit serve` with two gateway processes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { after, before, it } from 'node:test';
import { get } from '../support/client.ts';
import { GATEWAY, localEndpoint, routesOf, serviceEntry } from '../support/resources.ts';
import { type Served, startServe } from '../support/serve.ts';

const REQUESTS = 20;
const CONFIGURATION = [
  GATEWAY,
  serviceEntry('down', [localEndpoint(1)]),
  routesOf([
    '  - match: [{ uri: { prefix: /down } }]\n    route: [{ destination: { host: down.example.com } }]',
    '  - directResponse: { status: 200 }',
  ]),
].join('');

let served: Served;
const tails: ChildProcess[] = [];
before(async () => {
  served = await startServe(CONFIGURATION, '--workers', '2');
});
after(() => {
  served.stop();
  for (const tail of tails) tail.kill();
});

/** Resolves when it follows. */
async function startTail(...args: string[]) {
  const admin = ['--admin', `127.0.0.1:${served.admin}`];
  const child = spawn(process.execPath, ['cli/bowsprit.mjs', 'tail', ...admin, ...args]);
  tails.push(child);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const output = textOf(child.stdout);
  const [said] = await once(child.stderr, 'data');
  assert.match(String(said), /^bowsprit: following /);
  return { child, ended, output };
}

it('shows each request of every process once, filtered, until the gateway ends', { timeout: 60_000 }, async () => {
  const [all, failed] = [await startTail(), await startTail('-o', 'json', '--status', '5xx', '--flag', 'UF')];
  const interrupted = await startTail('--method', 'GET');
  for (let i = 0; i < REQUESTS; i++) await get(served.port, `/${i % 2 ? 'down' : 'up'}/${i}?x=1`);
  interrupted.child.kill('SIGINT');
  assert.equal(await interrupted.ended, 0);
  served.stop();
  assert.deepEqual(await Promise.all([all.ended, failed.ended]), [0, 0]);
  const paths = (await all.output).match(/shop\.example\.com\/\S+/g) ?? [];
  assert.equal(paths.length, REQUESTS);
  assert.equal(new Set(paths).size, REQUESTS);
  const lines = (await failed.output)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, REQUESTS / 2);
  for (const { method, path, response_code, response_flags, upstream_cluster } of lines) {
    assert.deepEqual([method, response_code, upstream_cluster], ['GET', 503, 'outbound|80||down.example.com']);
    assert.match(path, /^\/down\/\d+\?x=1$/);
    assert.match(response_flags, /\bUF\b/);
  }
});
