/** `bowsprit serve` on one file of YAML with a Gateway on port 80, as a user runs it: all its processes, silent. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get } from './client.ts';
import { freePort } from './free-port.ts';

export interface Served {
  /** Local port of the Gateway's 80. */
  port: number;
  /** Port of the admin address. */
  admin: number;
  /** Of the parent process. */
  pid: number;
  stop(): void;
}

/** With further arguments of the command line, `--certs` say; resolves when it is ready. */
export async function startServe(yaml: string, ...more: string[]): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'bowsprit-serve-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, yaml);
  const [port, admin] = [await freePort(), await freePort()];
  const args = ['-f', config, '--listen', `80=${port}`, '--admin', `127.0.0.1:${admin}`, ...more];
  const child = spawn(process.execPath, ['cli/bowsprit.mjs', 'serve', ...args], { stdio: 'ignore' });
  const stop = () => {
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 400 && child.exitCode === null; tries++) {
    const ready = await get(admin, '/ready').catch(() => undefined);
    if (ready?.status === 200) return { port, admin, pid: child.pid!, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stop();
  throw new Error('serve did not get ready');
}
