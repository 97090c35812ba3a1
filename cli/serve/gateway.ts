/** The parent process's half: it owns the listening sockets and replaces one generation of gateway processes by the next. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { bundleWorker } from './bundle.ts';
import type { Front } from './front.ts';
import { type Generation, startGeneration } from './generation.ts';
import { type GenerationFiles, writeGeneration } from './generation-files.ts';
import { type ListeningSocket, listen } from './listen.ts';
import { type LookUp, Names } from './names.ts';
import { portPlan } from './plan.ts';
import { needsState, startState } from './state.ts';
import type { Supervised } from './workerd.ts';

export interface GatewayOptions {
  /** The address of the Gateway's ports. */
  bind: string;
  /** Local port by Gateway port; `localPort()` decides for the others. */
  ports: ReadonlyMap<number, number>;
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
}

const DNS_REFRESH_MS = 60_000;

/** Ports below 1024 belong to root: 80 becomes 8080 and 443 becomes 8443, as everybody expects. */
export function localPort(gatewayPort: number, ports: ReadonlyMap<number, number>): number {
  return ports.get(gatewayPort) ?? (gatewayPort < 1024 ? gatewayPort + 8000 : gatewayPort);
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'bowsprit-'));
  readonly #sockets = new Map<number, ListeningSocket>();
  readonly #fronts = new Map<number, Front>();
  readonly #names: Names;
  #refresh: NodeJS.Timeout | undefined;
  #current: Generation | undefined;
  #count = 0;
  #drained: Promise<unknown> = Promise.resolve();
  #state: { process: Supervised; address: string } | undefined;
  /** Generations are rolled one after another, however fast files change. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#names = new Names(options.lookUp);
  }

  get bind(): string {
    return this.#options.bind;
  }

  get generation(): Generation | undefined {
    return this.#current;
  }

  /** Local port by Gateway port of everything that listens now. */
  localPorts(): Map<number, number> {
    const ports = [...this.#sockets, ...this.#fronts].map(([port, { port: local }]): [number, number] => [port, local]);
    return new Map(ports.sort(([a], [b]) => a - b));
  }

  /**
   * Serves `snapshot` from now on: the running processes take it when nothing else has changed, else new ones take over.
   * Rejects, and keeps serving the one before, when the new generation cannot start.
   */
  roll(snapshot: Snapshot, filters: ReadonlyMap<string, string> = new Map()): Promise<void> {
    const rolled = this.#queue.then(() => this.#roll(snapshot, filters));
    this.#queue = rolled.catch(() => undefined);
    return rolled;
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
      if (this.#names.any) this.#refreshLater(filters);
    }
  }

  async #take(snapshot: Snapshot, filters: ReadonlyMap<string, string>): Promise<void> {
    const files = await this.#write(snapshot, filters);
    if (files.shape === this.#current?.shape && (await this.#publish(snapshot))) {
      rmSync(files.input.folder, { recursive: true, force: true });
    } else {
      await this.#replace(files);
    }
  }

  async #write(snapshot: Snapshot, filters: ReadonlyMap<string, string>): Promise<GenerationFiles> {
    const { workers, certificates, entry } = this.#options;
    const [bundle, state] = await Promise.all([
      bundleWorker(entry ?? 'gateway/worker.ts'),
      this.#stateAddress(snapshot),
      this.#names.refresh(snapshot),
      this.#openSockets(snapshot),
    ]);
    return writeGeneration({
      folder: join(this.#folder, String(++this.#count)),
      snapshot,
      bundle,
      filters,
      workers,
      names: this.#names,
      descriptors: new Map([...this.#sockets].map(([port, { fd }]) => [port, fd])),
      ...(certificates !== undefined && { certificates }),
      ...(state !== undefined && { state }),
    });
  }

  /** Names may come to mean other addresses; the processes are replaced only when they do. */
  #refreshLater(filters: ReadonlyMap<string, string>): void {
    const again = (): void => {
      if (this.#current)
        this.roll(this.#current.snapshot, filters).catch((error) => console.error(`bowsprit: ${error}`));
    };
    this.#refresh = setTimeout(again, this.#options.dnsRefreshMs ?? DNS_REFRESH_MS).unref();
  }

  /** Whether the running processes took it. */
  async #publish(snapshot: Snapshot): Promise<boolean> {
    try {
      if (snapshot.id !== this.#current?.snapshot.id) await this.#current?.publish(snapshot);
      return true;
    } catch {
      return false;
    }
  }

  async #replace(files: GenerationFiles): Promise<void> {
    const next = await startGeneration(files);
    const previous = this.#current;
    this.#current = next;
    await this.#openFronts(next);
    await this.#closeSockets(next.snapshot);
    // The old one drains beside the new: nobody waits for its slowest answer.
    this.#drained = Promise.all([this.#drained, previous?.drain()]);
  }

  /** The state process outlives generations; it is started by the first Snapshot that needs one. */
  async #stateAddress(snapshot: Snapshot): Promise<string | undefined> {
    const { state, stateListen, data, certificates } = this.#options;
    const needed = stateListen !== undefined || needsState(snapshot);
    if (state !== undefined || !needed) return state ?? this.#state?.address;
    this.#state ??= await startState({
      folder: join(this.#folder, 'state'),
      data: data ?? join(this.#folder, 'data'),
      ...(stateListen !== undefined && { listen: stateListen }),
      ...(certificates !== undefined && { certificates }),
    });
    return this.#state.address;
  }

  /** Path of the Unix socket of our own state process, while there is one. */
  stateSocket(): string | undefined {
    return this.#state?.address.replace(/^unix:/, '');
  }

  async #openSockets({ listeners }: Snapshot): Promise<void> {
    const wanted = listeners.filter((listener) => portPlan(listener).kind === 'direct').map(({ port }) => port);
    await Promise.all(
      wanted.map(async (port) => {
        if (this.#sockets.has(port)) return;
        await this.#fronts.get(port)?.close();
        this.#fronts.delete(port);
        this.#sockets.set(port, await listen(this.#options.bind, localPort(port, this.#options.ports)));
      }),
    );
  }

  async #openFronts(generation: Generation): Promise<void> {
    for (const plan of generation.plans) {
      if (plan.kind !== 'front') continue;
      const front = this.#fronts.get(plan.port);
      if (front) await front.serve(plan, generation);
      else this.#fronts.set(plan.port, await this.#openFront(plan.port, plan, generation));
    }
  }

  async #openFront(port: number, plan: Parameters<Front['serve']>[0], generation: Generation): Promise<Front> {
    await this.#sockets.get(port)?.close();
    this.#sockets.delete(port);
    const address = { host: this.#options.bind, port: localPort(port, this.#options.ports) };
    // Imported only where a port needs it.
    const { openFront } = await import('./front.ts');
    const front = await openFront(address, this.#options.certificates);
    await front.serve(plan, generation);
    return front;
  }

  async #closeSockets({ listeners }: Snapshot): Promise<void> {
    const kept = new Set(listeners.map(({ port }) => port));
    for (const sockets of [this.#sockets, this.#fronts]) {
      for (const [port, socket] of sockets) {
        if (kept.has(port)) continue;
        sockets.delete(port);
        await socket.close();
      }
    }
  }

  /** Stops listening, lets every accepted request be answered and ends all processes. */
  async stop(): Promise<void> {
    clearTimeout(this.#refresh);
    await this.#queue;
    await Promise.all([...this.#sockets.values(), ...this.#fronts.values()].map((socket) => socket.close()));
    await Promise.all([this.#drained, this.#current?.drain()]);
    await this.#state?.process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
