/** `bowsprit deploy` as a test runs it, and the bundle that comes out of it, served with the bindings of an account. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type WorkerConfig, workerdConfig } from '../../cli/serve/capnp.ts';
import { callSocket } from '../../cli/serve/unix-http.ts';
import { superviseWorkerd } from '../../cli/serve/workerd.ts';

export const ROOT = join(import.meta.dirname, '../..');
const DEADLINE_MS = 120_000;

export interface Ran {
  status: number | null;
  /** Both outputs. */
  output: string;
}

/** @param home of wrangler, which writes there */
export function run(home: string, command: string, ...args: string[]): Ran {
  const env = { ...process.env, CI: 'true', HOME: home };
  const options = { cwd: ROOT, encoding: 'utf8', env, timeout: DEADLINE_MS } as const;
  const { status, stdout, stderr } = spawnSync(command, args, options);
  return { status, output: stdout + stderr };
}

/** Runs the bundle in `out` and asks it for `path`. */
export async function served(out: string, bindings: Pick<WorkerConfig, 'externals' | 'texts'>, path: string) {
  const socket = { name: 'http', address: `unix:${join(out, 'http')}` };
  const config = join(out, 'worker.capnp');
  const modules = [{ name: 'main.js', kind: 'esModule' as const, file: 'main.js' }];
  writeFileSync(config, workerdConfig({ modules, json: [], ...bindings, sockets: [socket] }));
  const worker = superviseWorkerd({ title: 'bundle', config, sockets: [socket], inherited: {} });
  try {
    await worker.ready;
    return await callSocket(join(out, 'http'), 'GET', path);
  } finally {
    await worker.stop();
  }
}

/** The headers of a request that the bundle sends through its binding `name`: a server that says what came stands behind it. */
export async function sentThrough(
  name: string,
  out: string,
  texts: WorkerConfig['texts'] = [],
): Promise<IncomingHttpHeaders> {
  const server = createServer((request, response) => response.end(JSON.stringify(request.headers)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const { text } = await served(out, { externals: [{ name, address: `127.0.0.1:${port}` }], texts }, '/');
    return JSON.parse(text) as IncomingHttpHeaders;
  } finally {
    server.close();
  }
}
