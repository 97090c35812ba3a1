/** The admin address: liveness, readiness, the metrics of all processes as one, and their requests as they come. */
import { createServer } from 'node:http';
import { CommandError, EXIT } from '../exit.ts';
import { sumMetrics } from './metrics.ts';
import { mayFollow, Tails } from './tail.ts';
import { callSocket } from './unix-http.ts';

export interface AdminSource {
  ready(): boolean;
  /** Unix sockets of the processes' admin entrypoints. */
  adminSockets(): string[];
  /** Metrics of the parent itself, in Prometheus' text format. */
  ownMetrics(): string;
  /** Unix socket of the state process; undefined: there is none on this machine. */
  stateSocket(): string | undefined;
}

export interface Admin {
  /** Ends the streams of `/tail`, each with what there still is. Call before the processes end. */
  endTails(): Promise<void>;
  close(): void;
}

/** Serves `/ready`, `/healthz`, `/stats/prometheus`, `/counters` and `/tail` on `host:port`. */
export async function serveAdmin(address: string, source: AdminSource): Promise<Admin> {
  const { host, port } = splitAddress(address);
  const tails = new Tails(source.adminSockets);
  const server = createServer((request, response) => {
    if (request.url === '/tail' && mayFollow(request)) return void tails.follow(response);
    answer(request.method ?? 'GET', request.url ?? '/', source).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new CommandError(`--admin ${address}: ${error.message}`, EXIT.failed)));
    server.listen({ host, port }, resolve);
  });
  return { endTails: () => tails.end(), close: () => server.close() };
}

/** `127.0.0.1:15021`, `:15021`, `[::1]:15021`. Throws a CommandError (64). */
export function splitAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  if (!match || Number(match[3]) > 65535) throw new CommandError(`${address} is not HOST:PORT`, EXIT.usage);
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port: Number(match[3]) };
}

interface Answer {
  status: number;
  body: string;
}

async function answer(method: string, url: string, source: AdminSource): Promise<Answer> {
  const path = url.split('?', 1)[0];
  if (path === '/counters') return counters(method, url, source.stateSocket());
  if (path === '/healthz') return { status: 200, body: 'ok\n' };
  if (path === '/ready')
    return source.ready() ? { status: 200, body: 'ready\n' } : { status: 503, body: 'not ready\n' };
  if (path === '/stats/prometheus') {
    const texts = await Promise.all(source.adminSockets().map((socket) => fetchMetrics(socket).catch(() => '')));
    return { status: 200, body: source.ownMetrics() + sumMetrics(texts) };
  }
  if (path === '/tail')
    return { status: 403, body: 'only from this machine, and by address: try kubectl port-forward\n' };
  return { status: 404, body: 'try /ready, /healthz, /stats/prometheus, /counters or /tail\n' };
}

/** GET shows the open windows of the global rate limits, DELETE ?name= sets one counter back (docs/rate-limits.md). */
async function counters(method: string, url: string, socket: string | undefined): Promise<Answer> {
  if (socket === undefined) return { status: 404, body: 'there is no state process here\n' };
  try {
    const { status, text } = await callSocket(socket, method === 'DELETE' ? 'DELETE' : 'GET', url);
    return { status, body: text };
  } catch (error) {
    return { status: 502, body: `${(error as Error).message}\n` };
  }
}

async function fetchMetrics(socket: string): Promise<string> {
  const { status, text } = await callSocket(socket, 'GET', '/stats/prometheus');
  return status === 200 ? text : '';
}
