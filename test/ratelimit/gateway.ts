/** `bowsprit serve` for one case, with a backend that answers `ok`, and hands on its state process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answered, ask } from '../support/ask.ts';
import { freePort } from '../support/free-port.ts';
import { stop } from '../support/stop.ts';
import type { Request } from './cases.ts';

export interface TestGateway {
  /** Port of the admin address. */
  admin: number;
  send(request: Request & { source?: string }): Promise<Answered>;
  /** Open counters by the key that they would have in Redis. */
  counters(): Promise<Record<string, number>>;
  /** Process ids of workerd with the counters; several when one is being replaced. */
  statePids(): number[];
  /** Everything that serve has printed. */
  output(): string;
  stop(): Promise<void>;
}

/** @param options `data`: where the counters are kept; `args`: of the command line. */
export async function startGateway(
  files: (backendPort: number) => { config: string; mesh: string },
  options: { data?: string; args?: string[] } = {},
): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'ratelimit-envoy-'));
  const backend = await listen();
  const [port, admin] = [await freePort(), await freePort()];
  const { config, mesh } = files((backend.address() as { port: number }).port);
  writeFileSync(join(folder, 'config.yaml'), config);
  writeFileSync(join(folder, 'mesh.yaml'), mesh);
  const args = ['-f', join(folder, 'config.yaml'), '--mesh-config', join(folder, 'mesh.yaml')];
  const addresses = ['--listen', `80=${port}`, '--admin', `127.0.0.1:${admin}`];
  const kept = [...(options.data ? ['--data', options.data] : []), ...(options.args ?? [])];
  const child = spawn(process.execPath, ['cli/main.ts', 'serve', ...args, ...addresses, ...kept], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data));
  await ready(admin, child, () => output);
  return {
    admin,
    send: (message) => send(port, message),
    counters: () => counters(admin),
    statePids: () => descendants(child.pid ?? 0).filter(isState),
    output: () => output,
    stop: async () => {
      for (const pid of descendants(child.pid ?? 0).filter(isState)) process.kill(pid, 'SIGCONT');
      await stop(child);
      backend.closeAllConnections();
      backend.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A backend that answers `ok`, and the request's x-seen. */
export function listen(): Promise<Server> {
  const server = createServer((incoming, answer) => {
    incoming.resume();
    const seen = incoming.headers['x-seen'];
    answer
      .writeHead(200, { 'content-type': 'text/plain', ...(seen === undefined ? {} : { 'x-seen': seen }) })
      .end('ok');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function ready(admin: number, child: ChildProcess, output: () => string): Promise<void> {
  for (let left = 600; left > 0 && child.exitCode === null; left--) {
    const answer = await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`serve did not get ready: ${output()}`);
}

/** One request on a connection of its own. */
export function send(port: number, message: Request & { source?: string }): Promise<Answered> {
  const { body, source = '127.0.0.1', ...rest } = message;
  return ask({ port, localAddress: source, ...rest }, body);
}

async function counters(admin: number): Promise<Record<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${admin}/counters?most=1000`);
  if (answer.status === 404) return {};
  const rows = (await answer.json()) as { name: string; start: number; count: number }[];
  return Object.fromEntries(rows.map(({ name, start, count }) => [`${name}${start}`, count]));
}

/** Every process below `pid`, from /proc. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const below = (of: number): number[] => (parents.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

function isState(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('state.capnp');
  } catch {
    return false;
  }
}
