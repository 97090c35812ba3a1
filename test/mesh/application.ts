/** An application behind a sidecar: says which one it is and what reached it, and misbehaves where it is asked to. */
import http from 'node:http';
import { freePort } from '../support/free-port.ts';
import { echoFirstFrame } from '../support/web-socket.ts';

export interface Seen {
  version: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Application {
  port: number;
  /** How often a request with this `x-test` header came. */
  tries(test: string): number;
  stop(): void;
}

/** `x-fail: 2`: the first two tries of the same `x-test` get 503. `x-delay: 100`: answers after so many milliseconds. */
export async function startApplication(version: string): Promise<Application> {
  const port = await freePort();
  const tries = new Map<string, number>();
  const server = http.createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const test = String(headers['x-test'] ?? '');
    const count = (tries.get(test) ?? 0) + 1;
    tries.set(test, count);
    let body = '';
    for await (const chunk of request) body += chunk;
    if (headers['x-delay']) await new Promise((resolve) => setTimeout(resolve, Number(headers['x-delay'])));
    if (count <= Number(headers['x-fail'] ?? 0)) return void response.writeHead(503).end('not yet');
    response.end(JSON.stringify({ version, method, url, headers: headers as Record<string, string>, body }));
  });
  server.on('upgrade', echoFirstFrame);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    tries: (test) => tries.get(test) ?? 0,
    stop: () => void server.close().closeAllConnections(),
  };
}
