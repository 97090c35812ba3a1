/** What is measured: our gateway, two Workers that say what the runtime itself costs, and Envoy with the same routes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { V8_FLAGS } from '../cli/serve/capnp.ts';
import type { VirtualHost } from '../gateway/snapshot.ts';
import { startEdge } from '../test/support/edge.ts';
import { freePort } from '../test/support/free-port.ts';
import { clusterOf, snapshotOf } from '../test/support/snapshot.ts';
import { envoyConfiguration } from './envoy-configuration.ts';
import type { Subject } from './measure.ts';

/** `under` is the program, with its arguments, that runs workerd. */
export async function startBowsprit(
  virtualHosts: VirtualHost[],
  upstream: number,
  under: readonly string[] = [],
): Promise<Subject> {
  const edge = await startEdge(snapshotOf(virtualHosts, [clusterOf('up', [upstream])]), { under });
  return { name: 'bowsprit', pid: edge.pid, port: edge.port(80), stop: () => edge.stop() };
}

/** One of bench/workers on the same workerd, with `serve`'s settings of V8 or with others. */
export async function startWorker(
  name: 'pass-through' | 'floor',
  upstream: number,
  { v8Flags = V8_FLAGS, under = [] }: { v8Flags?: readonly string[]; under?: readonly string[] } = {},
): Promise<Subject> {
  const port = await freePort();
  const script = readFileSync(join(import.meta.dirname, 'workers', `${name}.js`), 'utf8');
  const title = v8Flags.length > 0 ? name : `${name}, V8's defaults`;
  return startProcess(title, port, 'worker.capnp', workerConfiguration(script, port, upstream, v8Flags), (file) => [
    ...under,
    'node_modules/workerd/bin/workerd',
    'serve',
    file,
    '--experimental',
  ]);
}

/** Envoy from the PATH on one worker thread. */
export async function startEnvoy(virtualHosts: VirtualHost[], upstream: number): Promise<Subject> {
  const port = await freePort();
  const configuration = JSON.stringify(envoyConfiguration(virtualHosts, port, upstream));
  return startProcess('envoy', port, 'envoy.json', configuration, (file) => [
    'envoy',
    '--concurrency',
    '1',
    '--use-dynamic-base-id',
    '--log-level',
    'error',
    '-c',
    file,
  ]);
}

function workerConfiguration(script: string, port: number, upstream: number, v8Flags: readonly string[]): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(v8Flags)},
  services = [ (name = "w", worker = .w), (name = "up", external = (address = "127.0.0.1:${upstream}", http = ())) ],
  sockets = [ (name = "http", address = "127.0.0.1:${port}", http = (), service = "w") ] );
const w :Workerd.Worker = (
  modules = [ (name = "worker.js", esModule = ${JSON.stringify(script)}) ],
  compatibilityDate = "2026-08-01", bindings = [ (name = "UP", service = "up") ] );
`;
}

async function startProcess(
  name: string,
  port: number,
  fileName: string,
  configuration: string,
  command: (file: string) => string[],
): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = join(directory, fileName);
  writeFileSync(file, configuration);
  const [program, ...args] = command(file);
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await accepting(port, child);
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve(rmSync(directory, { recursive: true })));
      child.kill('SIGKILL');
    });
  return { name, pid: child.pid!, port, stop };
}

async function accepting(port: number, child: ChildProcess): Promise<void> {
  let failed = false;
  child.once('error', () => {
    failed = true;
  });
  for (let attempt = 0; attempt < 1200 && child.exitCode === null && !failed; attempt++) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1').once('error', () => resolve(false));
      socket.once('connect', () => resolve(true)).once('connect', () => socket.destroy());
    });
    if (accepted) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}
