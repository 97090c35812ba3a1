/** The parent process's half: it owns the listening sockets and replaces one generation of gateway processes by the next. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { bundleWorker } from './bundle.ts';
import { Credentials } from './credentials.ts';
import { type Generation, startGeneration } from './generation.ts';
import { type GenerationFiles, writeGeneration } from './generation-files.ts';
import { LINGER_MS } from './hand-over.ts';
import { type LookUp, Names } from './names.ts';
import { portPlan } from './plan.ts';
import { type PortOptions, Ports } from './ports.ts';
import { makeRunFolder, makeScratchFolder } from './run-folder.ts';
import { needsState, startState } from './state.ts';
import type { Supervised } from './workerd.ts';

export interface GatewayOptions extends PortOptions {
  workers: number;
  /** The folder of `<credentialName>.crt/.key`. */
  certificates?: string;
  /** The Worker's entry below the package's root. */
  entry?: string;
  /** Where Durable Objects are kept; absent: they end with this process. */
  data?: string;
  /** `host:port` of another machine's state process, used instead of one of our own. */
  state?: string;
  /** `host:port` on which other machines reach our state process. */
  stateListen?: string;
  /** How names of endpoints are looked up; the system's way unless given. */
  lookUp?: LookUp;
  /** How often; Istio's dnsRefreshRate of 60 s unless given. */
  dnsRefreshMs?: number;
  /** How long a gateway process may be silent before it is replaced; SILENT_MS unless given. */
  silentMs?: number;
}

const DNS_REFRESH_MS = 60_000;

export class Gateway {
  /** Where certificates come from. */
  readonly credentials: Credentials;
  readonly #options: GatewayOptions;
  readonly #folder = makeRunFolder();
  /** Counters that end with us. */
  #scratch: string | undefined;
  readonly #ports: Ports;
  readonly #names: Names;
  #refresh: NodeJS.Timeout | undefined;
  #current: Generation | undefined;
  /** By generations that are gone. */
  #replacedBefore = 0;
  #filters: ReadonlyMap<string, string> = new Map();
  /** Of the credentials that are shown. */
  #shown = 0;
  #count = 0;
  #drained: Promise<unknown> = Promise.resolve();
  #state: { process: Supervised; address: string } | undefined;
  /** Generations are rolled one after another, however fast files change. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.credentials = new Credentials(options.certificates);
    this.#ports = new Ports(options, this.credentials);
    this.#names = new Names(options.lookUp);
  }

  get bind(): string {
    return this.#options.bind;
  }

  get generation(): Generation | undefined {
    return this.#current;
  }

  /** How many gateway processes had to be killed because they did not answer any more. */
  get replaced(): number {
    return this.#replacedBefore + (this.#current?.replaced ?? 0);
  }

  /** Local port by Gateway port of everything that listens now. */
  localPorts(): Map<number, number> {
    return this.#ports.local();
  }

  /**
   * Serves `snapshot` from now on: the running processes take it when nothing else has changed, else new ones take over.
   * Rejects, and keeps serving the one before, when the new generation cannot start.
   */
  roll(snapshot: Snapshot, filters: ReadonlyMap<string, string> = new Map()): Promise<void> {
    return this.#inTurn(() => this.#roll(snapshot, filters));
  }

  /**
   * Gives `percent` of the requests to `candidate`, beside the Snapshot that serves. The processes are replaced when they
   * cannot reach its upstream addresses yet. Rejects when it opens other ports or servers: those cannot be shared.
   */
  stage(candidate: Snapshot, percent: number, filters: ReadonlyMap<string, string>): Promise<void> {
    return this.#inTurn(async () => {
      const stable = this.#current?.snapshot;
      if (!stable) throw new Error('nothing is served yet');
      const ports = (snapshot: Snapshot) => JSON.stringify(snapshot.listeners.map(portPlan));
      if (ports(stable) !== ports(candidate)) throw new Error('it opens other ports or servers');
      const extra = Object.entries(candidate.clusters).map(([name, cluster]) => [`${name} of the candidate`, cluster]);
      await this.#take({ ...stable, clusters: { ...stable.clusters, ...Object.fromEntries(extra) } }, filters);
      await this.#current?.stage(candidate, percent);
    });
  }

  /** Shows the certificates as they are now; connections that are open keep theirs. */
  renewCertificates(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.credentials.version !== this.#shown && this.#current)
        await this.#take(this.#current.snapshot, this.#filters);
    });
  }

  /** Ends a staging. */
  unstage(): Promise<void> {
    return this.#inTurn(async () => this.#current?.stage(undefined, 0));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Resolves when the processes that were replaced so far have ended: until then they may still accept. */
  async drained(): Promise<void> {
    await this.#drained;
  }

  async #roll(snapshot: Snapshot, filters: ReadonlyMap<string, string>): Promise<void> {
    clearTimeout(this.#refresh);
    try {
      await this.#take(snapshot, filters);
    } finally {
      if (this.#names.any) this.#refreshLater();
    }
  }

  async #take(snapshot: Snapshot, filters: ReadonlyMap<string, string>): Promise<void> {
    const { version } = this.credentials;
    const files = await this.#write(snapshot, filters);
    if (files.shape === this.#current?.shape && (await this.#publish(snapshot, files))) {
      rmSync(files.input.folder, { recursive: true, force: true });
      if (version !== this.#shown) await this.#ports.follow(this.#current);
    } else {
      await this.#replace(files);
    }
    this.#filters = filters;
    this.#shown = version;
  }

  async #write(snapshot: Snapshot, filters: ReadonlyMap<string, string>): Promise<GenerationFiles> {
    const { workers, entry, silentMs } = this.#options;
    const [bundle, state] = await Promise.all([
      bundleWorker(entry ?? 'gateway/worker.ts'),
      this.#stateAddress(snapshot),
      this.#names.refresh(snapshot),
      this.#ports.open(snapshot),
    ]);
    return writeGeneration({
      folder: join(this.#folder, String(++this.#count)),
      snapshot,
      bundle,
      filters,
      workers,
      names: this.#names,
      credentials: this.credentials,
      ...(state !== undefined && { state }),
      ...(silentMs !== undefined && { silentMs }),
    });
  }

  /** Names may come to mean other addresses; the processes are replaced only when they do. */
  #refreshLater(): void {
    const again = (): void => {
      if (this.#current)
        this.roll(this.#current.snapshot, this.#filters).catch((error) => console.error(`bowsprit: ${error}`));
    };
    this.#refresh = setTimeout(again, this.#options.dnsRefreshMs ?? DNS_REFRESH_MS).unref();
  }

  /** Whether the running processes took it. */
  async #publish(snapshot: Snapshot, files: GenerationFiles): Promise<boolean> {
    try {
      await this.#current?.adopt(files);
      if (snapshot.id !== this.#current?.snapshot.id) await this.#current?.publish(snapshot);
      return true;
    } catch {
      return false;
    }
  }

  async #replace(files: GenerationFiles): Promise<void> {
    const handOver = await this.#ports.handOver(files.plans);
    const next = await startGeneration(files, this.#ports.descriptors(handOver)).catch(async (error) => {
      await handOver?.abandon();
      throw error;
    });
    handOver?.switch();
    if (handOver) this.#ports.adopt(handOver.sockets);
    const previous = this.#current;
    this.#current = next;
    this.#replacedBefore += previous?.replaced ?? 0;
    await this.#ports.follow(next);
    // The old one drains beside the new: nobody waits for its slowest answer.
    if (previous) this.#drained = Promise.all([this.#drained, sleep(LINGER_MS).then(() => previous.drain())]);
  }

  /** The state process outlives generations; it is started by the first Snapshot that needs one. */
  async #stateAddress(snapshot: Snapshot): Promise<string | undefined> {
    const { state, stateListen, data, certificates } = this.#options;
    const needed = stateListen !== undefined || needsState(snapshot);
    if (state !== undefined || !needed) return state ?? this.#state?.address;
    this.#state ??= await startState({
      folder: join(this.#folder, 'state'),
      data: data ?? this.#scratchFolder(),
      ...(stateListen !== undefined && { listen: stateListen }),
      ...(certificates !== undefined && { certificates }),
    });
    return this.#state.address;
  }

  #scratchFolder(): string {
    this.#scratch ??= makeScratchFolder();
    return this.#scratch;
  }

  /** Where the state process is, or will be when the first limit needs one. */
  get stateAddress(): string {
    return this.#options.state ?? `unix:${join(this.#folder, 'state', 'rpc')}`;
  }

  /** Path of the Unix socket of our own state process, while there is one. */
  stateSocket(): string | undefined {
    return this.#state?.address.replace(/^unix:/, '');
  }

  /** Stops listening, lets every accepted request be answered and ends all processes. */
  async stop(): Promise<void> {
    clearTimeout(this.#refresh);
    await this.#queue;
    await this.#ports.close();
    await Promise.all([this.#drained, this.#current?.drain()]);
    await this.#state?.process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#scratch) rmSync(this.#scratch, { recursive: true, force: true });
  }
}
