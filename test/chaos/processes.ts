/** workerd processes that a test may kill at any moment, and that come back at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cpuOf } from '../../bench/ratelimit/cpu.ts';
import { bundleWorker } from '../../cli/serve/bundle.ts';
import { type WorkerConfig, workerdConfig } from '../../cli/serve/capnp.ts';
import type { LimitDomain } from '../../gateway/snapshot.ts';
import { stop } from '../support/stop.ts';

const WORKERD: string = createRequire(import.meta.url)('workerd').default;

export interface Killable {
  kill(): void;
  pid(): number;
  /** CPU microseconds of the process that runs now. */
  cpu(): number;
  stop(): Promise<void>;
}

/** Keeps a process running until `stop`. */
function keep(config: string, sockets: readonly string[]): Killable {
  let child: ChildProcess;
  let stopped = false;
  const start = (): void => {
    for (const socket of sockets) rmSync(socket, { force: true });
    child = spawn(WORKERD, ['serve', config, '--experimental'], { stdio: 'ignore' });
    child.once('exit', () => {
      if (!stopped) start();
    });
  };
  start();
  return {
    kill: () => void child.kill('SIGKILL'),
    pid: () => child.pid ?? 0,
    cpu: () => cpuOf([child.pid ?? 0]),
    stop: () => {
      stopped = true;
      return stop(child, 'SIGKILL');
    },
  };
}

type Parts = Pick<WorkerConfig, 'json' | 'externals' | 'sockets'> & Partial<Pick<WorkerConfig, 'durableObjects'>>;

async function configFile(folder: string, entry: string, parts: Parts): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const bundle = await bundleWorker(entry);
  copyFileSync(bundle.file, join(folder, 'main.js'));
  const file = join(folder, 'config.capnp');
  const modules = [{ name: 'main.js', kind: 'esModule' as const, file: 'main.js' }];
  writeFileSync(file, workerdConfig({ modules, ...parts }));
  return file;
}

/** The state process: the counters' Durable Objects under `data`. */
export async function startCounters(folder: string, data: string): Promise<Killable> {
  mkdirSync(data, { recursive: true });
  const socket = join(folder, 'rpc');
  const classes = [{ binding: 'COUNTERS', className: 'CounterObject' }];
  const sockets = [{ name: 'rpc', address: `unix:${socket}`, rpc: true }];
  const durableObjects = { classes, disk: data };
  const config = await configFile(folder, 'gateway/state.ts', { json: [], externals: [], sockets, durableObjects });
  return keep(config, [socket]);
}

export interface Client extends Killable {
  /** @throws when the process dies before it answers. */
  post(body: string): Promise<string>;
}

/** One gateway process's limiter (counter-client.ts) on the state process in `stateFolder`. */
export async function startClient(
  folder: string,
  stateFolder: string,
  limits: Record<string, LimitDomain>,
  entry = 'test/chaos/counter-client.ts',
): Promise<Client> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'limits.json'), JSON.stringify(limits));
  const socketPath = join(folder, 'http');
  const config = await configFile(folder, entry, {
    json: [{ name: 'LIMITS', file: 'limits.json' }],
    externals: [{ name: 'STATE', address: `unix:${join(stateFolder, 'rpc')}`, rpc: true }],
    sockets: [{ name: 'http', address: `unix:${socketPath}` }],
  });
  const agent = new Agent({ keepAlive: true });
  return { ...keep(config, [socketPath]), post: (body) => post(socketPath, agent, body) };
}

function post(socketPath: string, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, agent, method: 'POST', path: '/', timeout: 15_000 }, (answer) => {
      let text = '';
      answer.on('data', (part: Buffer) => (text += part));
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode}: ${text}`)),
      );
      answer.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
