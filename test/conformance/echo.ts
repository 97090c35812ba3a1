/** The upstreams of the cases: servers that tell what reached them, and misbehave when a request's x-echo-… headers say so. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Service and version (subset label) by port, as the cases' ServiceEntries have them. */
const PORTS: Record<number, [service: string, version: string]> = {
  21001: ['reviews', 'v1'],
  21002: ['reviews', 'v2'],
  21003: ['reviews', 'v3'],
  21011: ['ratings', 'v1'],
  21012: ['ratings', 'v2'],
  21021: ['details', 'v1'],
  21031: ['productpage', 'v1'],
  21041: ['shadow', 'v1'],
  21051: ['other', 'v1'],
  21061: ['httpbin', 'v1'],
  21071: ['external', 'v1'],
};

/** What one upstream saw of one request. */
export interface Seen {
  echo: true;
  service: string;
  version: string;
  port: number;
  method: string;
  authority: string | undefined;
  path: string;
  headers: [name: string, value: string][];
  body: string;
}

export class Echo {
  readonly #address: string;
  readonly #servers: Server[] = [];
  readonly #counts = new Map<string, number>();
  #log: Seen[] = [];

  /** All ports on one loopback address, so that several suites can run side by side. */
  constructor(address: string) {
    this.#address = address;
  }

  async start(): Promise<void> {
    const ports = Object.keys(PORTS).map(Number);
    await Promise.all(ports.map((port) => this.#listen(port)));
  }

  /** What was seen since the last call; counters (x-echo-fail-first) start again too. */
  take(): Seen[] {
    const seen = this.#log;
    this.#log = [];
    this.#counts.clear();
    return seen;
  }

  stop(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #listen(port: number): Promise<void> {
    const server = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 128 * 1024 }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('error', () => undefined);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(request, response, port, Buffer.concat(chunks).toString('utf8')));
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#address, resolve);
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse, port: number, body: string): void {
    const seen = seenOf(request, port, body);
    this.#log.push(seen);
    const control = controlOf(request);
    const key = control('key') ?? 'k';
    const here = control('fail-ports')?.split(',').includes(String(port)) ?? true;
    const failing = this.#count(`fail ${key}`, control('fail-first'));
    const status = failing ? Number(control('fail-status') ?? 503) : Number(control('status') ?? 200);
    if (here && control('reset')) return void request.socket.destroy();
    const slow = control('delay-first') === undefined || this.#count(`delay ${key}`, control('delay-first'));
    const delay = slow ? Number(control('delay-ms') ?? 0) : 0;
    const go = (): void => write(response, here ? status : 200, seen, control('header'));
    if (delay) setTimeout(go, delay);
    else go();
  }

  /** Whether this is still one of the first `limit` requests with that key. */
  #count(key: string, limit: string | undefined): boolean {
    if (limit === undefined) return false;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= Number(limit);
  }
}

function controlOf(request: IncomingMessage): (name: string) => string | undefined {
  return (name) => request.headers[`x-echo-${name}`]?.toString();
}

function seenOf(request: IncomingMessage, port: number, body: string): Seen {
  const [service, version] = PORTS[port]!;
  const raw = request.rawHeaders;
  const headers: Seen['headers'] = [];
  for (let i = 0; i < raw.length; i += 2) headers.push([raw[i]!.toLowerCase(), raw[i + 1]!]);
  const { method = '', url = '' } = request;
  return { echo: true, service, version, port, method, authority: request.headers.host, path: url, headers, body };
}

/** `x-echo-header: a=b;;c=d` adds headers to the answer; a raw list, so that names may repeat. */
function write(response: ServerResponse, status: number, seen: Seen, extra: string | undefined): void {
  const headers = ['content-type', 'application/json', 'x-echo', `${seen.service}-${seen.version}`];
  for (const pair of extra?.split(';;') ?? []) {
    const equals = pair.indexOf('=');
    headers.push(pair.slice(0, equals), pair.slice(equals + 1));
  }
  const body = JSON.stringify(seen);
  const empty = status === 204 || status === 304;
  if (!empty) headers.push('content-length', String(Buffer.byteLength(body)));
  response.writeHead(status, headers);
  response.end(empty || seen.method === 'HEAD' ? undefined : body);
}
