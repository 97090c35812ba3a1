/** The first page of the docs from an empty folder: our package as npm packs it, a new filter, its tests, the edge and Envoy. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { stop } from '../support/stop.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIVE_MINUTES_MS = 5 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'new-user-'));
const running: ChildProcess[] = [];
after(async () => {
  for (const child of running) await stop(child);
  rmSync(folder, { recursive: true, force: true });
});

/** npm's own variables and the runner's mark would reach the commands, which a newcomer does not have. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST)/.test(name)));
const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, env, encoding: 'utf8' });

function start(command: string, args: string[], cwd: string): () => string {
  const child = spawn(command, args, { cwd, env });
  running.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (log += part));
  return () => log;
}

async function says(port: number, text: string, log: () => string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/hello`).catch(() => undefined);
    if ((await answer?.text()) === text) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`nobody says ${text}: ${log()}`);
}

test('from an empty folder to a filter at the edge and in Envoy within five minutes', {
  timeout: FIVE_MINUTES_MS,
}, async () => {
  run('npm', ['pack', '--pack-destination', folder], ROOT);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
  const began = Date.now();
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`], folder);
  run('npx', ['bowsprit', 'filter', 'new', 'hello'], folder);
  const project = join(folder, 'hello');
  assert.match(run('npx', ['bowsprit', 'filter', 'test'], project), /fail 0/);
  const [http, admin, control, inEnvoy] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = ['--listen', `80=${http}`, '--admin', `127.0.0.1:${admin}`, '--control', `127.0.0.1:${control}`];
  const bin = join(folder, 'node_modules/.bin/bowsprit');
  const edge = start(bin, ['dev', '-f', 'gateway.yaml', '--no-services', ...ports], project);
  await says(http, 'hello from the edge\n', edge);
  const config = readFileSync(join(project, 'envoy.yaml'), 'utf8').replace(
    'port_value: 10000',
    `port_value: ${inEnvoy}`,
  );
  writeFileSync(join(project, 'envoy.yaml'), config);
  const envoy = start('envoy', ['-c', 'envoy.yaml', '--use-dynamic-base-id', '--concurrency', '1'], project);
  await says(inEnvoy, 'hello from Envoy\n', envoy);
  console.log(`it took ${Math.round((Date.now() - began) / 1000)} s, npm's download included`);
});
