/** Endpoints that answer with the port they listen on, and requests that go through a gateway to see whose it was. */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Endpoints {
  /** Ascending. */
  ports: number[];
  /** Ports that the requests with each `x-id` came to, in order. */
  seen: Map<string, number[]>;
  close(): void;
}

/** `x-fail: 21001=503,21002=reset` says who fails with what; all others answer 200. */
export async function startEndpoints(count: number): Promise<Endpoints> {
  const seen = new Map<string, number[]>();
  const servers = Array.from({ length: count }, () => {
    const server = createServer((asked, answer) => {
      const { port } = server.address() as AddressInfo;
      const id = asked.headers['x-id'];
      if (typeof id === 'string') seen.set(id, [...(seen.get(id) ?? []), port]);
      const mood = new RegExp(`(?:^|,)${port}=(\\w+)`).exec(String(asked.headers['x-fail'] ?? ''))?.[1];
      if (mood === 'reset') asked.socket.destroy();
      else answer.writeHead(Number(mood ?? 200)).end(String(port));
    });
    return server;
  });
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port).sort((a, b) => a - b),
    seen,
    close: () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

export interface Asked {
  status: number;
  body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Rejects when the connection breaks or nothing came for ten seconds. */
export function ask(port: number, path: string, headers: Record<string, string> = {}): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent, timeout: 10_000 }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on('error', reject);
    sent.end();
  });
}

/** All of `items` through `work`, sixteen at a time. */
export async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
