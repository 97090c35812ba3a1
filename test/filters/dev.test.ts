/** `bowsprit dev` on a new filter: built before it is served, and again when its source changes; a mistake leaves the last good one. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { stop } from '../support/stop.ts';

const BIN = join(import.meta.dirname, '../../cli/bowsprit.mjs');
const folder = mkdtempSync(join(tmpdir(), 'dev-'));
const source = join(folder, 'hello/assembly/index.ts');
let dev: ChildProcess;
let log = '';
after(async () => {
  await stop(dev);
  rmSync(folder, { recursive: true });
});

async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end; ) {
    if (await what().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`it did not happen within 40 s: ${log}`);
}

test('a filter is built, served, and built anew on a change', { timeout: 150_000 }, async () => {
  execFileSync(BIN, ['filter', 'new', 'hello'], { cwd: folder });
  const [http, admin, control] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = ['--listen', `80=${http}`, '--admin', `127.0.0.1:${admin}`, '--control', `127.0.0.1:${control}`];
  const args = ['dev', '-f', 'gateway.yaml', '--no-services', ...ports];
  dev = spawn(BIN, args, { cwd: join(folder, 'hello') });
  for (const stream of [dev.stdout!, dev.stderr!]) stream.on('data', (part) => (log += part));
  const page = async () => await (await fetch(`http://127.0.0.1:${http}/hello`)).text();
  await until(async () => (await page()) === 'hello from the edge\n');
  const text = readFileSync(source, 'utf8');
  writeFileSync(source, text.replace('this.plugin.greeting + "\\n"', '"changed\\n"'));
  await until(async () => (await page()) === 'changed\n');
  writeFileSync(source, text.replace('this.plugin.greeting + "\\n"', 'nonsense'));
  await until(async () => /Cannot find name 'nonsense'/.test(log));
  assert.equal(await page(), 'changed\n');
});
