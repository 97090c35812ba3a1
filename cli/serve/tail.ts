/** The requests of all gateway processes as one stream, for everybody who follows them on the admin address (`bowsprit tail`). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { callSocket } from './unix-http.ts';

/** How often the processes are asked; they stop keeping lines when no question comes for some seconds. */
const PAUSE_MS = 100;
/** Bytes that wait for one reader; what comes beyond is counted and dropped. */
const ROOM = 4 << 20;
/** A process that is silent for so long is left out until the next time: the others' lines must not wait for it. */
const PATIENCE_MS = 1000;
/** An empty line now and then finds out on both ends that the other one is gone. */
const ALIVE_MS = 30_000;
/** For readers to take what is left when serve ends. */
const GOODBYE_MS = 1000;

interface Reader {
  response: ServerResponse;
  dropped: number;
}

export class Tails {
  readonly #sockets: () => string[];
  readonly #readers = new Set<Reader>();
  /** Those asked last, among them the processes that have been replaced and still answer. */
  readonly #asked = new Set<string>();
  #asking = false;
  #spoken = Date.now();

  /** @param sockets Unix sockets of the admin entrypoints of the processes that run now */
  constructor(sockets: () => string[]) {
    this.#sockets = sockets;
  }

  /** Answers 200 once every request is seen, then one JSON object a line: those of `gateway/telemetry/tap.ts`. */
  async follow(response: ServerResponse): Promise<void> {
    const reader = { response, dropped: 0 };
    await this.#ask();
    if (response.destroyed) return;
    response.on('close', () => this.#readers.delete(reader));
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }).flushHeaders();
    this.#readers.add(reader);
    if (!this.#asking) void this.#askOn();
  }

  /** Gives everybody what there still is, and ends their streams. */
  async end(): Promise<void> {
    await this.#ask();
    const readers = [...this.#readers];
    this.#readers.clear();
    for (const reader of readers) tellDropped(reader);
    const ended = readers.map(({ response }) => new Promise<void>((resolve) => response.end(resolve)));
    await Promise.race([Promise.all(ended), sleep(GOODBYE_MS)]);
  }

  async #askOn(): Promise<void> {
    this.#asking = true;
    while (this.#readers.size > 0) {
      await sleep(PAUSE_MS);
      await this.#ask();
    }
    this.#asking = false;
  }

  async #ask(): Promise<void> {
    const ask = (socket: string): Promise<void> =>
      callSocket(socket, 'GET', '/tail', { timeoutMs: PATIENCE_MS }).then(
        ({ status, text }) => this.#tell(status === 200 ? text : ''),
        () => void this.#asked.delete(socket),
      );
    for (const socket of this.#sockets()) this.#asked.add(socket);
    await Promise.all(Array.from(this.#asked, ask));
    if (Date.now() - this.#spoken > ALIVE_MS) this.#tell('\n');
  }

  #tell(text: string): void {
    if (text === '') return;
    this.#spoken = Date.now();
    for (const reader of this.#readers) write(reader, text);
  }
}

function write(reader: Reader, text: string): void {
  const { response } = reader;
  if (response.writableLength > ROOM) {
    reader.dropped += requestsIn(text);
    return;
  }
  tellDropped(reader);
  response.write(text);
}

/** Among its lines may be that of a process which has left out some itself. */
function requestsIn(text: string): number {
  const count = (line: string): number => Number(/^\{"dropped":(\d+)\}$/.exec(line)?.[1] ?? 1);
  return text
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + count(line), 0);
}

function tellDropped(reader: Reader): void {
  if (reader.dropped > 0) reader.response.write(`${JSON.stringify({ dropped: reader.dropped })}\n`);
  reader.dropped = 0;
}

/**
 * Whether the asker may see requests, with their paths: only this machine's, however far the admin address reaches for
 * probes and Prometheus; and no web page, which could have a name of its own lead here (DNS rebinding).
 */
export function mayFollow({ socket, headers }: IncomingMessage): boolean {
  const { remoteAddress = '', localAddress } = socket;
  const near = remoteAddress === localAddress || /^(?:::ffff:)?127\.|^::1$/.test(remoteAddress);
  const host = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return near && (host === 'localhost' || isIP(host) !== 0);
}
