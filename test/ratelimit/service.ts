/** `bowsprit ratelimit serve --test-clock` on free ports, with files that a test may change. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { stop } from '../support/stop.ts';

export interface TestService {
  folder: string;
  url: string;
  ask(message: unknown, now: number): Promise<{ status: number; body: string }>;
  /** Writes files (null removes one) and waits until the service has said what it thinks of them. */
  reload(files: Record<string, string | null>): Promise<string>;
  /** Starts over: these files and no others, no counters. */
  begin(files: Record<string, string>): Promise<void>;
  /** Every open counter by its key in Redis. */
  counters(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** @param data where the counters are kept; absent: until it stops. */
export async function startService(
  files: Record<string, string>,
  env: Record<string, string>,
  data?: string,
): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), 'ratelimit-json-'));
  write(folder, files);
  const [port, admin] = [await freePort(), await freePort()];
  const kept = data ? ['--data', data] : [];
  const listen = ['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${admin}`];
  const child = spawn(
    process.execPath,
    ['cli/main.ts', 'ratelimit', 'serve', '--config', folder, ...listen, '--test-clock', ...kept],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = outputOf(child);
  await output.until(/listening on/);
  const reload = (changed: Record<string, string | null>) => {
    const answer = output.until(/Successfully loaded new configuration|Error loading new configuration: .*\n/);
    write(folder, changed);
    return answer;
  };
  const operator = `http://127.0.0.1:${admin}/counters`;
  return {
    folder,
    url: `http://127.0.0.1:${port}`,
    ask: (message, now) => post(`http://127.0.0.1:${port}/json`, message, now),
    reload,
    begin: async (wanted) => {
      const gone = readdirSync(folder).filter((name) => !(name in wanted));
      await reload({ ...Object.fromEntries(gone.map((name) => [name, null])), ...wanted });
      for (const { name } of await rowsAt(operator)) {
        await fetch(`${operator}?now=0&name=${encodeURIComponent(name)}`, { method: 'DELETE' });
      }
    },
    counters: async () => {
      const rows = (await rowsAt(operator)).filter(({ count }) => count > 0);
      return Object.fromEntries(rows.map(({ name, start, count }) => [`${name}${start}`, count]));
    },
    stop: () => stop(child),
  };
}

function write(folder: string, files: Record<string, string | null>): void {
  for (const [name, text] of Object.entries(files)) {
    if (text === null) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
}

function outputOf(child: ChildProcess): { until(pattern: RegExp): Promise<string> } {
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      text += data;
      for (const look of waiting) look();
    });
  }
  const until = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const from = text.length;
      const look = (): void => {
        if (pattern.test(text.slice(from))) resolve(text.slice(from));
      };
      waiting.add(look);
      child.once('exit', () => reject(new Error(`the service ended: ${text}`)));
    });
  return { until };
}

async function post(url: string, message: unknown, now: number): Promise<{ status: number; body: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(message),
    headers: { 'x-test-now': String(now) },
  });
  return { status: answer.status, body: await answer.text() };
}

type Row = { name: string; start: number; count: number };

async function rowsAt(url: string): Promise<Row[]> {
  return (await (await fetch(`${url}?now=0&most=1000`)).json()) as Row[];
}
