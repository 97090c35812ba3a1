/** A real registry (docker-registry from apt) that wants a login, with an image of a new filter in it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';

const BIN = join(import.meta.dirname, '../../cli/bowsprit.mjs');

export interface Registry {
  /** For projects; it goes with the registry. */
  folder: string;
  host: string;
  username: string;
  password: string;
  /** Runs the command in the folder; throws with what it printed when it fails. */
  bowsprit(args: string[], input?: string): string;
  stop(): void;
}

export async function startRegistry(): Promise<Registry> {
  install();
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  const port = await freePort();
  const [username, password] = ['author', randomBytes(12).toString('hex')];
  writeFileSync(join(folder, 'htpasswd'), execFileSync('htpasswd', ['-Bbn', username, password], { encoding: 'utf8' }));
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
    auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  const child: ChildProcess = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  await answering(port);
  return {
    ...{ folder, username, password },
    host: `127.0.0.1:${port}`,
    bowsprit: (args, input = '') =>
      execFileSync(BIN, args, { cwd: folder, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }),
    stop: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

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

async function answering(port: number): Promise<void> {
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
