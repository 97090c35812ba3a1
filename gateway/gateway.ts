/** A Snapshot ready to serve: its listeners by port, their servers, each with its route table. */
import { VirtualHostTable } from './route/virtual-host-table.ts';
import type { Listener, Server, Snapshot } from './snapshot.ts';

export class Gateway {
  readonly snapshot: Snapshot;
  readonly #listeners = new Map<number, GatewayListener>();

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    for (const listener of snapshot.listeners)
      this.#listeners.set(listener.port, new GatewayListener(snapshot, listener));
  }

  listener(port: number): GatewayListener | undefined {
    return this.#listeners.get(port);
  }
}

export class GatewayListener {
  readonly listener: Listener;
  readonly #tables: Map<string, VirtualHostTable>;
  readonly #first: VirtualHostTable;

  constructor(snapshot: Snapshot, listener: Listener) {
    this.listener = listener;
    const tableOf = (server: Server) =>
      new VirtualHostTable(snapshot, listener, snapshot.routeTables[server.routeTable]);
    this.#tables = new Map(listener.servers.map((server) => [server.name, tableOf(server)]));
    this.#first = this.#tables.values().next().value ?? new VirtualHostTable(snapshot, listener, undefined);
  }

  /** The table of the server that SNI chose; without its name the one whose hosts take the authority. */
  table(server: string | undefined): VirtualHostTable {
    return (server === undefined ? undefined : this.#tables.get(server)) ?? this.#first;
  }
}
