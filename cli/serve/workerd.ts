/** One workerd process: started, watched, started again with growing pauses when it dies, stopped by draining. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import type { SocketConfig } from './capnp.ts';
import type { SecretFiles } from './secret-files.ts';

export interface WorkerdOptions {
  /** For people: `gateway process 0`. */
  title: string;
  config: string;
  /** All sockets of the configuration: ready means that each of them listens. */
  sockets: Pick<SocketConfig, 'name' | 'address'>[];
  /** Sockets that are handed down: file descriptor by socket name. */
  inherited: Record<string, number>;
  /** Keys that the configuration embeds. */
  secrets?: SecretFiles;
  /** Has the files that the configuration embeds be what they should be now. */
  beforeStart?: () => void;
}

export interface Supervised {
  /** Resolves at the first start's readiness; rejects when that start fails. Later restarts do not touch it. */
  ready: Promise<void>;
  /** SIGTERM, which drains; SIGKILL after `graceMs`. Resolves when the process has ended. */
  stop(graceMs?: number): Promise<void>;
  running(): boolean;
  /** SIGKILL, and at once a new process. Resolves when that one is ready, or has failed too. */
  replace(): Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** A process that lived so long died for a new reason: the pauses start again. */
const HEALTHY_AFTER_MS = 30_000;
/** How long accepted requests may take to be answered when their process ends. */
export const GRACE_MS = 30_000;

/** The real binary: the package's own launcher is a Node script that would stand between us and its signals. */
const WORKERD: string = createRequire(import.meta.url)('workerd').default;

/** What runs now. When we end without stopping them, by an error say, they must not go on with nobody above them. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts workerd and keeps it running until `stop`. */
export function superviseWorkerd(options: WorkerdOptions): Supervised {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let pause = FIRST_PAUSE_MS;
  let replacing: (() => void) | undefined;
  const start = (): Promise<void> => options.secrets?.while(run) ?? run();
  const run = (): Promise<void> => {
    const since = Date.now();
    options.beforeStart?.();
    const started = launch(options);
    child = started.child;
    child.once('exit', (code, signal) => {
      child = undefined;
      if (stopping) return;
      if (replacing) {
        start()
          .catch(() => undefined)
          .then(replacing);
        replacing = undefined;
        return;
      }
      pause = Date.now() - since > HEALTHY_AFTER_MS ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
      // Said only after the pause: a signal to the whole process group reaches the children before it reaches us.
      timer = setTimeout(() => {
        console.error(`bowsprit: ${options.title} ended (${signal ?? `exit ${code}`}); starting it again`);
        start().catch(() => undefined);
      }, pause);
    });
    return started.ready;
  };
  const ready = start();
  return {
    ready,
    running: () => child !== undefined,
    replace: () =>
      new Promise((resolve) => {
        if (!child || stopping) return resolve();
        replacing = resolve;
        child.kill('SIGKILL');
      }),
    stop: (graceMs = GRACE_MS) => {
      stopping = true;
      clearTimeout(timer);
      return child ? end(child, graceMs) : Promise.resolve();
    },
  };
}

function launch(options: WorkerdOptions): { child: ChildProcess; ready: Promise<void> } {
  // A process that died leaves its Unix sockets behind, and nothing can listen on them again.
  for (const { address } of options.sockets)
    if (address?.startsWith('unix:')) rmSync(address.slice(5), { force: true });
  const names = Object.keys(options.inherited);
  const handed = names.flatMap((name, index) => ['--socket-fd', `${name}=${4 + index}`]);
  const child = spawn(WORKERD, ['serve', options.config, '--experimental', '--control-fd=3', ...handed], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', ...names.map((name) => options.inherited[name]!)],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return { child, ready: allListening(child, options) };
}

/** workerd writes one JSON line to the control descriptor for each socket that listens. */
function allListening(child: ChildProcess, { title, sockets }: WorkerdOptions): Promise<void> {
  const waiting = new Set(sockets.map(({ name }) => name));
  return new Promise((resolve, reject) => {
    let rest = '';
    const control = child.stdio[3] as Readable;
    control.on('data', (data: Buffer) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { event, socket } = JSON.parse(line) as { event: string; socket?: string };
        if (event === 'listen' && socket) waiting.delete(socket);
      }
      if (waiting.size === 0) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${title} did not start (${signal ?? `exit ${code}`})`)));
    if (waiting.size === 0) child.once('spawn', resolve);
  });
}

function end(child: ChildProcess, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
