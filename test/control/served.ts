/** `bowsprit serve --control` with kubectl beside it, for tests of the whole way from an apply to an answer. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../support/ask.ts';
import { freePort } from '../support/free-port.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** Both, as a terminal shows them. */
  text: string;
}

export interface Served {
  kubeconfig: string;
  data: string;
  /** Port of the control API. */
  control: number;
  /** Local port of the Gateway's port 80. */
  http: number;
  admin: number;
  upstream: number;
  /** Everything that serve wrote on both outputs. */
  log(): string;
  kubectl(args: readonly string[], input?: string): Ran;
  /** The command itself; asynchronous, so that several may run at once. */
  bowsprit(args: readonly string[]): Promise<Ran>;
  /** A long-running kubectl; its output so far is in `text()`. */
  spawnKubectl(args: readonly string[]): { text(): string; stop(): void };
  /** One request to the gateway. */
  get(host: string, path: string): Promise<{ status: number; body: string }>;
  /** Asks until the gateway answers so; gives the milliseconds that it took. */
  until(host: string, path: string, status: number, withinMs?: number): Promise<number>;
  /** Process ids of every workerd. */
  children(): number[];
  /** Those of `serve` itself and of everything below it. */
  pids(): number[];
  /** `serve` once more on the same data, after an end of the first. */
  restart(): Promise<void>;
  /** Ends it at once, children too, as a power cut would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const COMMAND_MS = 30_000;

/** kubectl or a failure: a peers' suite never skips. */
export function requireKubectl(): void {
  const { status, error } = spawnSync('kubectl', ['version', '--client']);
  if (status !== 0) throw new Error(`kubectl is needed on PATH: ${error?.message ?? `exit ${status}`}`);
}

/** `serve` itself, or what a newcomer types. */
export type Start = readonly ['node', 'cli/bowsprit.mjs', 'serve'] | readonly ['npm', 'start', '--', '--no-services'];

/** Starts on free ports, with `more` flags, and with an upstream that answers every request with its path. */
export async function startServed(
  files: readonly string[] = [],
  [program, ...words]: Start = ['node', 'cli/bowsprit.mjs', 'serve'],
  more: readonly string[] = [],
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'bowsprit-control-test-'));
  const [control, http, admin, upstreamPort] = await ports(4);
  const upstream = await echo(upstreamPort!);
  const kubeconfig = join(folder, 'kubeconfig');
  const data = join(folder, 'data');
  let log = '';
  const address = (port: number | undefined) => `127.0.0.1:${port}`;
  const start = async () => {
    const flags = ['--control', address(control), '--data', data, '--kubeconfig', kubeconfig];
    const listen = ['--admin', address(admin), '--listen', `80=${http}`, ...files.flatMap((file) => ['-f', file])];
    const child = spawn(program, [...words, ...flags, ...listen, ...more], { detached: true });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
    await ready(admin!, child, () => log);
    return child;
  };
  let child = await start();
  // `kubectl edit` runs this on a file in place of an editor.
  const editor = { KUBE_EDITOR: 'sed -i s/red/blue/' };
  const env = { ...process.env, ...editor, KUBECONFIG: kubeconfig, HOME: folder };
  const get = (host: string, path: string) => fetchHost(http!, host, path);
  return {
    kubeconfig,
    data,
    control: control!,
    http: http!,
    admin: admin!,
    upstream: upstreamPort!,
    log: () => log,
    kubectl: (args, input) => runKubectl(args, env, input),
    bowsprit: (args) => runBowsprit(args, env),
    spawnKubectl: (args) => {
      const running = spawn('kubectl', args, { env });
      let text = '';
      for (const stream of [running.stdout, running.stderr]) stream.on('data', (part) => (text += part));
      return { text: () => text, stop: () => void running.kill() };
    },
    get,
    until: (host, path, status, withinMs = 10_000) => until(() => get(host, path), status, withinMs),
    children: () => descendants(child.pid!),
    pids: () => family(child.pid!),
    restart: async () => {
      if (isRunning(child)) throw new Error('the first serve has not ended: two of them would never be stopped');
      child = await start();
    },
    kill: () => end(child, 'SIGKILL'),
    stop: async () => {
      await end(child, 'SIGTERM');
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ports(count: number): Promise<number[]> {
  const found = await Promise.all(Array.from({ length: count }, freePort));
  return new Set(found).size === count ? found : ports(count);
}

function echo(port: number): Promise<Server> {
  const server = createServer((incoming, answer) => answer.end(`upstream ${incoming.url}`));
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

function runKubectl(args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Ran {
  const { status, stdout, stderr } = spawnSync('kubectl', args, { env, input, encoding: 'utf8', timeout: COMMAND_MS });
  return { code: status ?? -1, stdout, stderr, text: stdout + stderr };
}

function runBowsprit(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const child = spawn('node', ['cli/bowsprit.mjs', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ran: Ran = { code: -1, stdout: '', stderr: '', text: '' };
  child.stdout.on('data', (part) => {
    ran.stdout += part;
  });
  child.stderr.on('data', (part) => {
    ran.stderr += part;
  });
  const late = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(late);
      resolve({ ...ran, code: code ?? -1, text: ran.stdout + ran.stderr });
    });
  });
}

/** Status 0 with the reason when the connection broke. */
async function fetchHost(port: number, host: string, path: string): Promise<{ status: number; body: string }> {
  return ask({ port, path, headers: { host } }).catch((error: Error) => ({ status: 0, body: error.message }));
}

/** Asks until that status comes; gives the milliseconds that it took. */
export async function until(ask: () => Promise<{ status: number }>, status: number, withinMs: number): Promise<number> {
  const began = performance.now();
  let last = -1;
  while (performance.now() - began < withinMs) {
    last = (await ask()).status;
    if (last === status) return performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`the gateway still answers ${last}, not ${status}, after ${withinMs} ms`);
}

async function ready(admin: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 600 && child.exitCode === null; attempt++) {
    if ((await fetchHost(admin, 'admin', '/ready')).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`serve did not start: ${log()}`);
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').map(Number).filter(Boolean);
}

/** Children that have children are only launchers. */
function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((one) => {
    const below = descendants(one);
    return below.length > 0 ? below : [one];
  });
}

const family = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(family)];

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** The whole process group, which is `serve` with its workerd children. */
function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (!isRunning(child)) return resolve();
    const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), COMMAND_MS);
    child.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    process.kill(-child.pid!, signal);
  });
}
