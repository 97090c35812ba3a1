/** A small load generator: keep-alive connections, one request at a time on each, `x-key` from the caller. */
import { Agent, request } from 'node:http';

export interface LoadOptions {
  port: number;
  requests: number;
  concurrency: number;
  key(index: number): string;
}
export interface Load {
  /** Milliseconds. */
  p50: number;
  statuses: Record<number, number>;
}

export async function load({ port, requests, concurrency, key }: LoadOptions): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const times: number[] = [];
  const statuses: Record<number, number> = {};
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      const index = next++;
      const started = performance.now();
      const status = await one(port, agent, key(index));
      times.push(performance.now() - started);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  agent.destroy();
  times.sort((a, b) => a - b);
  return { p50: times[times.length >> 1] ?? 0, statuses };
}

function one(port: number, agent: Agent, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, agent, headers: { host: 'app.example.com', 'x-key': key } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
