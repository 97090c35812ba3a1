/** The same test in a real Envoy: one process for each loaded filter, with the test's upstream and clusters behind it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallHandler } from '../fake-callouts.ts';
import type { LogLine } from '../fake-host.ts';
import { Lines, type RequestInit, type ResponseInit, type Result, type SeenRequest } from '../messages.ts';
import { exchange } from './client.ts';
import { type EnvoySetup, envoyConfig } from './config.ts';
import { serveUpstream, type Upstream } from './upstream.ts';

const START_MS = 20_000;
const PAUSE_MS = 150;

export type EnvoyOptions = Omit<EnvoySetup, 'listen' | 'clusters' | 'wasm'> & { clusters: Record<string, CallHandler> };

export class EnvoyFilter {
  readonly logs: LogLine[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'filter-envoy-'));
  readonly #servers: Server[] = [];
  #process: ChildProcess | undefined;
  #port = 0;
  #seen: SeenRequest | undefined;
  #upstream: Upstream = () => ({});
  /** What Envoy said while starting, for when it does not start. */
  #output = '';

  /** Rejects when there is no `envoy` in the path, or when it refuses the filter. */
  static async start(wasm: Uint8Array, options: EnvoyOptions): Promise<EnvoyFilter> {
    const filter = new EnvoyFilter();
    await filter.#start(wasm, options);
    return filter;
  }

  /** The request through Envoy; `upstream` answers it. */
  async request(request: RequestInit, upstream: Upstream): Promise<Omit<Result, 'details' | 'rerouted'>> {
    this.#seen = undefined;
    this.#upstream = upstream;
    const response = await exchange(this.#port, request);
    // on_log, on_done and on_delete run when the connection is gone.
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return {
      upstream: this.#seen,
      response: response && { ...response, body: new TextDecoder().decode(response.bytes) },
    };
  }

  stop(): void {
    this.#process?.kill('SIGKILL');
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(wasm: Uint8Array, options: EnvoyOptions): Promise<void> {
    const file = join(this.#folder, 'filter.wasm');
    writeFileSync(file, wasm);
    const clusters: Record<string, number> = { upstream: await this.#serve((request) => this.#answer(request)) };
    for (const [name, handler] of Object.entries(options.clusters))
      clusters[name] = await this.#serveCalls(name, handler);
    this.#port = await freePort();
    const config = envoyConfig({ ...options, wasm: file, listen: this.#port, clusters });
    writeFileSync(join(this.#folder, 'envoy.json'), JSON.stringify(config));
    await this.#run();
  }

  async #answer(request: SeenRequest): Promise<ResponseInit> {
    this.#seen = request;
    return this.#upstream(request);
  }

  /** A target that cannot be reached is a port where nobody listens; one that is too slow never answers. */
  async #serveCalls(cluster: string, handler: CallHandler): Promise<number> {
    const probe = await handler({
      cluster,
      method: '',
      path: '',
      authority: '',
      headers: new Lines([]),
      body: '',
      timeoutMs: 0,
    });
    if (probe === 'unreachable') return freePort();
    return this.#serve(async ({ method, path, authority, headers, body }) => {
      const answer = await handler({ cluster, method, path, authority, headers, body, timeoutMs: 0 });
      return answer === 'timeout' || answer === 'unreachable' ? new Promise<ResponseInit>(() => undefined) : answer;
    });
  }

  async #serve(answer: Upstream): Promise<number> {
    const { server, port } = await serveUpstream(answer);
    this.#servers.push(server);
    return port;
  }

  async #run(): Promise<void> {
    const args = ['-c', join(this.#folder, 'envoy.json'), '--use-dynamic-base-id', '--concurrency', '1'];
    const child = spawn(
      'envoy',
      [...args, '-l', 'warning', '--component-log-level', 'wasm:info', '--log-format', '%l %v'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    this.#process = child;
    child.unref();
    (child.stderr as unknown as { unref(): void }).unref();
    process.once('exit', () => this.stop());
    let rest = '';
    child.stderr.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#note(line);
    });
    let ended = false;
    child.on('error', () => {
      ended = true;
    });
    child.on('exit', () => {
      ended = true;
    });
    const end = Date.now() + START_MS;
    while (!(await listens(this.#port))) {
      if (ended || Date.now() > end) throw new Error(`Envoy did not start: ${this.#output.slice(-800)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** `info wasm log test: message` */
  #note(line: string): void {
    const match = /^(trace|debug|info|warning|error|critical) wasm log(?: [^:]*)?: (.*)$/.exec(line);
    if (!match) {
      this.#output += `${line}\n`;
      return;
    }
    const [, level = '', message = ''] = match;
    this.logs.push({ level: (level === 'warning' ? 'warn' : level) as LogLine['level'], message });
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function listens(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
