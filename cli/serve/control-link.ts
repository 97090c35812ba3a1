/** The parent's line to the control process, over a Unix socket that nobody else reaches. */
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { Credential } from '../../control-api/resources/tls-secret.ts';
import type { FloorSource } from '../../control-api/store/floor.ts';
import { MODULES_WANTED, STAGING_ENDS } from '../../control-api/store/stream.ts';
import type { FetchedModule, WantedModule } from '../../control-api/store/wanted-modules.ts';
import type { ServedCount } from '../../gateway/served-count.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { SnapshotHead } from '../../gateway/snapshot-shards.ts';
import { FetchedShards } from './pieces.ts';

export interface Gateways {
  /** The certificates of whatever is served next. */
  learn(credentials: readonly Credential[]): void;
  /** Takes a Snapshot over; rejects when it cannot be served. */
  serve(snapshot: Snapshot): Promise<void>;
  /** Gives a percentage of the requests to a Snapshot; rejects when that cannot be. */
  stage(snapshot: Snapshot, percent: number): Promise<void>;
  unstage(): Promise<void>;
  /** What was answered with each Snapshot. */
  served(): Promise<ServedCount[]>;
  /** Fetches Wasm modules; never rejects. */
  fetch(references: readonly WantedModule[]): Promise<FetchedModule[]>;
}

const RETRY_MS = 500;
/** How often a staging is told how its answers were. */
const COUNT_MS = 500;

export class ControlLink {
  readonly #socketPath: string;
  readonly #floor: () => FloorSource;
  readonly #shards = new FetchedShards();
  #stream: IncomingMessage | undefined;
  #closed = false;
  /** The newest Snapshot that is still to be taken over; those before it are skipped. */
  #wanted: string | undefined;
  #working = false;
  #counting: NodeJS.Timeout | undefined;

  constructor(socketPath: string, floor: () => FloorSource) {
    this.#socketPath = socketPath;
    this.#floor = floor;
  }

  /** Hands over what the objects are laid over. Rejects when the process does not take it. */
  async putFloor(): Promise<void> {
    await this.#text('PUT', '/floor', JSON.stringify(this.#floor()));
  }

  /** Tells what modules have become, without being asked. */
  async learn(modules: readonly FetchedModule[]): Promise<void> {
    await this.#text('PUT', '/modules', JSON.stringify(modules));
  }

  /**
   * Serves every Snapshot that becomes live, and tells what came of it, so that the status of objects can say it. Connects
   * again whenever the process has gone. Resolves when the first one has been tried.
   */
  follow(gateways: Gateways): Promise<void> {
    return new Promise((resolve) => void this.#keepListening(gateways, resolve));
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#counting);
    this.#stream?.destroy();
  }

  async #keepListening(gateways: Gateways, tried: () => void): Promise<void> {
    while (!this.#closed) {
      await this.#listen(gateways, tried).catch(() => undefined);
      if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** A process that started anew knows no floor, so it comes first. */
  async #listen(gateways: Gateways, tried: () => void): Promise<void> {
    await this.putFloor();
    this.#stream = await this.#call('GET', '/live');
    for await (const line of createInterface({ input: this.#stream })) {
      if (line === '') continue;
      this.#wanted = line;
      if (!this.#working) void this.#work(gateways, tried);
    }
  }

  async #work(gateways: Gateways, tried: () => void): Promise<void> {
    this.#working = true;
    while (this.#wanted !== undefined && !this.#closed) {
      const line = this.#wanted;
      this.#wanted = undefined;
      await this.#obey(line, gateways).catch((error: Error) => {
        if (!this.#closed) console.error(`bowsprit: ${error.message}`);
      });
      if (line !== MODULES_WANTED) tried();
    }
    this.#working = false;
  }

  async #obey(line: string, gateways: Gateways): Promise<void> {
    clearInterval(this.#counting);
    if (line === MODULES_WANTED) return this.#fetchModules(gateways);
    if (line === STAGING_ENDS) return gateways.unstage();
    const [id = '', percent] = line.split(' ');
    if (percent === undefined) return this.#takeOver(id, gateways);
    await this.#try(id, gateways, (snapshot) => gateways.stage(snapshot, Number(percent)), `/staged/${id}`);
    const tell = async () => void (await this.#text('POST', '/counts', JSON.stringify(await gateways.served())));
    this.#counting = setInterval(() => tell().catch(() => undefined), COUNT_MS);
  }

  async #fetchModules(gateways: Gateways): Promise<void> {
    const wanted = JSON.parse(await this.#text('GET', '/modules')) as WantedModule[];
    await this.learn(await gateways.fetch(wanted));
  }

  #takeOver(id: string, gateways: Gateways): Promise<void> {
    return this.#try(id, gateways, (snapshot) => gateways.serve(snapshot), `/served/${id}`);
  }

  /** Does it, and tells at `path` what came of it. */
  async #try(id: string, gateways: Gateways, work: (snapshot: Snapshot) => Promise<void>, path: string): Promise<void> {
    const [head, credentials] = await Promise.all([
      this.#text('GET', `/heads/${id}`),
      this.#text('GET', '/credentials'),
    ]);
    gateways.learn(JSON.parse(credentials) as Credential[]);
    const shards = async (keys: string[]) => (await this.#text('POST', '/shards', JSON.stringify(keys))).split('\n');
    const snapshot = await this.#shards.snapshot(JSON.parse(head) as SnapshotHead, shards);
    const error = await work(snapshot).then(
      () => undefined,
      (failed: Error) => failed.message,
    );
    if (error) console.error(`bowsprit: ${error}; the configuration before stays`);
    await this.#text('POST', path, JSON.stringify({ error }));
  }

  #call(method: string, path: string, body?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const headers = { host: 'parent', ...length };
      const outgoing = request({ socketPath: this.#socketPath, method, path, headers }, resolve);
      outgoing.on('error', reject).end(body);
    });
  }

  async #text(method: string, path: string, body?: string): Promise<string> {
    const answer = await this.#call(method, path, body);
    let whole = '';
    answer.setEncoding('utf8');
    for await (const part of answer) whole += part;
    if (answer.statusCode === 200) return whole;
    throw new Error(`the control process answered ${answer.statusCode}: ${whole.slice(0, 200)}`);
  }
}
