/** What listens for each Gateway port: a socket that workerd accepts on, or a TLS front of our own. */

import type { Snapshot } from '../../gateway/snapshot.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Credentials } from './credentials.ts';
import type { Front } from './front.ts';
import type { Generation } from './generation.ts';
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

export class Ports {
  readonly #options: PortOptions;
  readonly #credentials: Credentials;
  readonly #sockets = new Map<number, ListeningSocket>();
  readonly #fronts = new Map<number, Front>();

  constructor(options: PortOptions, credentials: Credentials) {
    this.#options = options;
    this.#credentials = credentials;
  }

  /** Local port by Gateway port of everything that listens now. */
  local(): Map<number, number> {
    const ports = [...this.#sockets, ...this.#fronts].map(([port, { port: local }]): [number, number] => [port, local]);
    return new Map(ports.sort(([a], [b]) => a - b));
  }

  /** File descriptor by Gateway port of the sockets that workerd accepts on. */
  descriptors(): Map<number, number> {
    return new Map([...this.#sockets].map(([port, { fd }]) => [port, fd]));
  }

  /** Before a generation starts: the sockets that it will accept on. Rejects when an address is taken. */
  async open({ listeners }: Snapshot): Promise<void> {
    refuseDoubles(
      listeners.map(({ port }) => port),
      this.#options.ports,
    );
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

  /** Once a generation is ready, and when certificates have changed: its fronts send to it, and what it does not listen on is closed. */
  async follow(generation: Generation): Promise<void> {
    for (const plan of generation.plans) if (plan.kind === 'front') await this.#front(plan, generation);
    const kept = new Set(generation.plans.map(({ port }) => port));
    for (const listening of [this.#sockets, this.#fronts]) {
      for (const [port, one] of listening) {
        if (kept.has(port)) continue;
        listening.delete(port);
        await one.close();
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sockets.values(), ...this.#fronts.values()].map((one) => one.close()));
  }

  async #front(plan: Extract<PortPlan, { kind: 'front' }>, generation: Generation): Promise<void> {
    const { port } = plan;
    let front = this.#fronts.get(port);
    if (!front) {
      await this.#sockets.get(port)?.close();
      this.#sockets.delete(port);
      // Imported only where a port needs it.
      const { openFront } = await import('./front.ts');
      const address = { host: this.#options.bind, port: localPort(port, this.#options.ports) };
      front = await openFront(address, this.#credentials);
      this.#fronts.set(port, front);
    }
    await front.serve(plan, generation);
  }
}
