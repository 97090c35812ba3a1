/** An upstream that misbehaves on demand and remembers what reached it. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * reset: the connection is reset; half-close: closed without an answer; hang: no answer at all; truncate: part of the
 * promised body, then gone; drip: headers at once, the body too slowly; fail: 503.
 */
export type Mood = 'ok' | 'reset' | 'half-close' | 'hang' | 'truncate' | 'drip' | 'fail';

export class Unruly {
  mood: Mood = 'ok';
  /** Milliseconds before an ok answer. */
  delay = 0;
  /** Bodies of the requests that arrived whole, in order. */
  readonly bodies: string[] = [];
  /** Headers of the last request. */
  headers: http.IncomingHttpHeaders = {};
  /** Requests whose headers arrived. */
  arrived = 0;
  /** Requests that the other side gave up. */
  abandoned = 0;
  port = 0;
  #server: http.Server | undefined;

  static async start(): Promise<Unruly> {
    const upstream = new Unruly();
    await upstream.open();
    return upstream;
  }

  /** Listens (again), always on the same port. */
  async open(): Promise<void> {
    const server = http.createServer((request, response) => this.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** From now on connections are refused; those that are there break. */
  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  forget(): void {
    this.bodies.length = 0;
    this.arrived = 0;
    this.abandoned = 0;
    this.mood = 'ok';
    this.delay = 0;
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.arrived++;
    this.headers = request.headers;
    response.on('close', () => {
      if (!response.writableFinished) this.abandoned++;
    });
    if (this.mood === 'reset') request.socket.resetAndDestroy();
    if (this.mood === 'half-close') request.socket.end();
    if (this.mood !== 'ok' && this.mood !== 'truncate' && this.mood !== 'drip' && this.mood !== 'fail') return;
    const chunks: Buffer[] = [];
    request.on('error', () => {}).on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.#answer(Buffer.concat(chunks).toString(), response));
  }

  #answer(body: string, response: http.ServerResponse): void {
    this.bodies.push(body);
    if (this.mood === 'fail') {
      response.writeHead(503).end('failed');
    } else if (this.mood === 'truncate') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('part');
      setTimeout(() => response.destroy(), 20);
    } else if (this.mood === 'drip') {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 50);
      response.on('close', () => clearInterval(timer));
    } else {
      setTimeout(() => response.end(`${this.port}:${body.length}`), this.delay);
    }
  }
}
