/**
 * The load generator. rate 0 sends as fast as answers come; any other rate sends at that many requests a second whatever
 * comes back, and a request that finds no free connection waits: its latency counts from when it was due.
 */
import net from 'node:net';

export interface LoadOptions {
  port: number;
  /** The whole request, blank line included. */
  head: string;
  connections: number;
  seconds: number;
  /** Requests a second; 0 = as many as go. */
  rate: number;
}

export interface LoadResult {
  requests: number;
  /** Answers that were not 200. */
  failures: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

class Connection {
  readonly #socket: net.Socket;
  #received = '';
  #done: (status: string) => void = () => undefined;

  constructor(port: number) {
    this.#socket = net.connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    this.#socket.on('error', () => this.#done('closed'));
  }

  send(head: string): Promise<string> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#socket.write(head);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#received)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const status = this.#received.slice(9, 12);
    this.#received = this.#received.slice(end + 4 + length);
    this.#done(status);
  }
}

export async function load(options: LoadOptions): Promise<LoadResult> {
  const connections = Array.from({ length: options.connections }, () => new Connection(options.port));
  const latencies: number[] = [];
  let failures = 0;
  const ask = async (connection: Connection, due: number) => {
    if ((await connection.send(options.head)) !== '200') failures++;
    latencies.push(performance.now() - due);
  };
  await (options.rate === 0 ? closedLoop(connections, options, ask) : openLoop(connections, options, ask));
  for (const connection of connections) connection.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { requests: latencies.length, failures, p50: at(0.5), p99: at(0.99) };
}

type Ask = (connection: Connection, due: number) => Promise<void>;

async function closedLoop(connections: Connection[], { seconds }: LoadOptions, ask: Ask): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const lane = async (connection: Connection) => {
    while (performance.now() < end) await ask(connection, performance.now());
  };
  await Promise.all(connections.map(lane));
}

async function openLoop(connections: Connection[], { seconds, rate }: LoadOptions, ask: Ask): Promise<void> {
  const start = performance.now();
  const total = Math.round(seconds * rate);
  let next = 0;
  const lane = async (connection: Connection) => {
    while (next < total) {
      const due = start + (next++ * 1000) / rate;
      await until(due);
      await ask(connection, due);
    }
  };
  await Promise.all(connections.map(lane));
}

/** Timers are too coarse for single milliseconds: sleep for most of it, then yield until it is time. */
async function until(due: number): Promise<void> {
  const wait = due - performance.now();
  if (wait > 2) await new Promise((resolve) => setTimeout(resolve, wait - 1.5));
  while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
}
