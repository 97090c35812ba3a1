/** What listens for each Gateway port: a socket that workerd accepts on, or a TLS front of our own. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Credentials } from './credentials.ts';
import type { Front } from './front.ts';
import type { Generation } from './generation.ts';
import { type HandOver, handOver, LINGER_MS, steerTo } from './hand-over.ts';
import { type ListeningSocket, listen } from './listen.ts';
import { type PortPlan, portPlan } from './plan.ts';

export interface PortOptions {
  /** The address of the Gateway's ports. */
  bind: string;
  /** Local port by Gateway port; `localPort()` decides for the others. */
  ports: ReadonlyMap<number, number>;
}

/** Ports below 1024 belong to root: 80 becomes 8080 and 443 becomes 8443, as everybody expects. */
export function localPort(gatewayPort: number, ports: ReadonlyMap<number, number>): number {
  return ports.get(gatewayPort) ?? (gatewayPort < 1024 ? gatewayPort + 8000 : gatewayPort);
}

/** Two Gateway ports may fall on one local port (80 and 8080). Throws a CommandError (1) that says what to do. */
function refuseDoubles(gatewayPorts: readonly number[], ports: ReadonlyMap<number, number>): void {
  const taken = new Map<number, number>();
  for (const port of gatewayPorts) {
    const local = localPort(port, ports);
    const other = taken.get(local);
    if (local !== 0 && other !== undefined) {
      const advice = `say where one of them listens: --listen ${Math.min(port, other)}=PORT`;
      throw new CommandError(`the Gateway ports ${other} and ${port} both listen on ${local}; ${advice}`, EXIT.failed);
    }
    taken.set(local, port);
  }
}

/** How long old processes may take to let go of a port. */
const GIVEN_UP_MS = 5000;

export class Ports {
  readonly #options: PortOptions;
  readonly #credentials: Credentials;
  readonly #sockets = new Map<number, ListeningSocket>();
  readonly #fronts = new Map<number, Front>();
  /** Opened for the generation that is about to start, so that nobody else accepts on them. */
  readonly #fresh = new Set<number>();
  /** When a port was last let go, in ms. */
  readonly #givenUp = new Map<number, number>();
  #closing: Promise<unknown> = Promise.resolve();

  constructor(options: PortOptions, credentials: Credentials) {
    this.#options = options;
    this.#credentials = credentials;
  }

  /** Local port by Gateway port of everything that listens now. */
  local(): Map<number, number> {
    const ports = [...this.#sockets, ...this.#fronts].map(([port, { port: local }]): [number, number] => [port, local]);
    return new Map(ports.sort(([a], [b]) => a - b));
  }

  /** File descriptor by Gateway port of the sockets that a generation accepts on. */
  descriptors(next?: HandOver): Map<number, number> {
    return new Map([...this.#sockets, ...(next?.sockets ?? [])].map(([port, { fd }]) => [port, fd]));
  }

  /** Sockets for a generation on ports that something listens on already; where the system cannot do that, both share one. */
  async handOver(after: readonly PortPlan[]): Promise<HandOver | undefined> {
    const direct = after.filter(({ kind }) => kind === 'direct').map(({ port }) => port);
    const opened = direct.flatMap((port) => {
      const open = this.#sockets.get(port) ?? this.#fronts.get(port);
      return open && !this.#fresh.has(port) ? [[port, open] as const] : [];
    });
    this.#fresh.clear();
    const found = await handOver(this.#options.bind, new Map(opened));
    if (!found) await this.#replaceFronts(direct);
    return found;
  }

  /** The generation that was handed over to has started: what it does not accept on is closed, as soon as it has been read. */
  adopt(sockets: ReadonlyMap<number, ListeningSocket>): void {
    for (const [port, socket] of sockets) {
      this.#closeLater(this.#sockets.get(port), this.#fronts.get(port));
      this.#fronts.delete(port);
      this.#sockets.set(port, socket);
    }
  }

  #closeLater(...listening: ({ close(): Promise<void> } | undefined)[]): void {
    const closed = sleep(LINGER_MS).then(() => Promise.all(listening.map((one) => one?.close())));
    this.#closing = Promise.all([this.#closing, closed]);
  }

  /** Without steering a port has to be free before it can be opened in another way. */
  async #replaceFronts(direct: readonly number[]): Promise<void> {
    for (const port of direct) {
      const front = this.#fronts.get(port);
      if (!front) continue;
      this.#fronts.delete(port);
      await front.close();
      this.#sockets.set(port, await this.#listen(port));
    }
  }

  /** A port that was given up a moment ago is still held by processes that are about to end. */
  async #listen(port: number): Promise<ListeningSocket> {
    const wanted = { host: this.#options.bind, port: localPort(port, this.#options.ports), beside: false };
    const until = (this.#givenUp.get(port) ?? 0) + GIVEN_UP_MS;
    for (;;) {
      try {
        return await listen(wanted);
      } catch (error) {
        if (Date.now() > until) throw error;
        await sleep(20);
      }
    }
  }

  /** Before a generation starts: the sockets that it will accept on. Rejects when an address is taken. */
  async open({ listeners }: Snapshot): Promise<void> {
    refuseDoubles(
      listeners.map(({ port }) => port),
      this.#options.ports,
    );
    const wanted = listeners.filter((listener) => portPlan(listener).kind === 'direct').map(({ port }) => port);
    const missing = wanted.filter((port) => !this.#sockets.has(port) && !this.#fronts.has(port));
    await Promise.all(
      missing.map(async (port) => {
        this.#sockets.set(port, await this.#listen(port));
        this.#fresh.add(port);
      }),
    );
  }

  /** Once a generation is ready, and when certificates have changed: its fronts send to it, and what it does not listen on is closed. */
  async follow(generation: Generation): Promise<void> {
    for (const plan of generation.plans) if (plan.kind === 'front') await this.#front(plan, generation);
    const kept = new Set(generation.plans.map(({ port }) => port));
    for (const listening of [this.#sockets, this.#fronts]) {
      for (const [port, one] of listening) {
        if (kept.has(port)) continue;
        listening.delete(port);
        this.#givenUp.set(port, Date.now());
        this.#closeLater(one);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sockets.values(), ...this.#fronts.values()].map((one) => one.close()));
    await this.#closing;
  }

  async #front(plan: Extract<PortPlan, { kind: 'front' }>, generation: Generation): Promise<void> {
    const { port } = plan;
    const front = this.#fronts.get(port);
    if (front) return front.serve(plan, generation);
    // Imported only where a port needs it.
    const { openFront } = await import('./front.ts');
    const socket = this.#sockets.get(port);
    // Nobody is to come to the front before it knows where to send.
    if (socket) await steerTo(0, socket);
    const local = socket?.port ?? localPort(port, this.#options.ports);
    const opened = await openFront(
      { host: this.#options.bind, port: local, beside: socket !== undefined },
      this.#credentials,
    );
    await opened.serve(plan, generation);
    if (socket) await steerTo(1, opened);
    this.#fronts.set(port, opened);
    this.#sockets.delete(port);
    await socket?.close();
  }
}
