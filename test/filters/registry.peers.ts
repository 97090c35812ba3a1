/** Push and pull against a real registry (docker-registry from apt), with a login. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pull } from '../../control-api/modules/fetch.ts';
import { freePort } from '../support/free-port.ts';

const BIN = join(import.meta.dirname, '../../cli/bowsprit.mjs');
const PASSWORD = randomBytes(12).toString('hex');
let folder = '';
let registry: ChildProcess;
let port = 0;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'registry-'));
  install();
  port = await freePort();
  const hash = execFileSync('htpasswd', ['-Bbn', 'author', PASSWORD], { encoding: 'utf8' });
  writeFileSync(join(folder, 'htpasswd'), hash);
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
    auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  registry = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  await answering();
});

after(() => {
  registry.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** docker-registry and htpasswd; fails where they cannot be installed. */
function install(): void {
  for (const [command, pack] of [
    ['docker-registry', 'docker-registry'],
    ['htpasswd', 'apache2-utils'],
  ] as const) {
    try {
      execFileSync('which', [command]);
    } catch {
      execFileSync('apt-get', ['install', '-y', '-q', pack], { stdio: 'ignore' });
    }
  }
}

async function answering(): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const status = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      ({ status: code }) => code,
      () => 0,
    );
    if (status === 401) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the registry does not answer');
}

function bowsprit(args: string[], input = ''): string {
  return execFileSync(BIN, args, { cwd: folder, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

test('a new filter is pushed with a login, pulled back, and named by its digest', async () => {
  bowsprit(['filter', 'new', 'pushed']);
  const image = `oci://127.0.0.1:${port}/team/pushed:1.0`;
  const out = bowsprit(['filter', 'push', image, 'pushed', '-u', 'author', '--password-stdin'], `${PASSWORD}\n`);
  const [url] = /oci:\/\/\S+@sha256:[0-9a-f]{64}/.exec(out) ?? [''];
  assert.ok(url, out);
  const bytes = await pull(url, { username: 'author', password: PASSWORD });
  assert.deepEqual(Buffer.from(bytes), readFileSync(join(folder, 'pushed/build/pushed.wasm')));
  assert.match(readFileSync(join(folder, 'pushed/build/wasmplugin.yaml'), 'utf8'), new RegExp(`url: ${url}`));
});

test('a wrong password is said, not swallowed', () => {
  const image = `oci://127.0.0.1:${port}/team/pushed:1.0`;
  assert.throws(
    () => bowsprit(['filter', 'push', image, 'pushed', '-u', 'author', '--password-stdin'], 'wrong'),
    /401/,
  );
});
