/** A Snapshot ready to serve: its listeners by port, their servers, each with its route table. */

import type { Exchange } from './exchange.ts';
import { type ConnectionManager, foldConnectionManager } from './listener/connection-manager.ts';
import type { Entrance } from './listener/http-exchange.ts';
import { VirtualHostTable } from './route/virtual-host-table.ts';
import type { HttpFilter, Listener, Server, Snapshot } from './snapshot.ts';
import { foldAccessLogs } from './telemetry/access-log.ts';
import { countRequest } from './telemetry/request-metrics.ts';
import { tapRequest } from './telemetry/tap.ts';

export class Gateway {
  readonly snapshot: Snapshot;
  /** Answers so far, and those of status 500 or more. */
  requests = 0;
  errors = 0;
  readonly #listeners = new Map<number, GatewayListener>();

  readonly #log: ((exchange: Exchange) => void) | undefined;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    this.#log = foldAccessLogs(snapshot.mesh.accessLog);
    for (const listener of snapshot.listeners)
      this.#listeners.set(listener.port, new GatewayListener(snapshot, listener));
  }

  /** What is said about a request when its answer leaves: metrics, a line for each access log, and one for who follows. */
  report(exchange: Exchange): void {
    this.count(exchange.status);
    countRequest(exchange);
    this.#log?.(exchange);
    tapRequest(exchange);
  }

  /** In pieces what the first requests would else have to wait for. */
  *warm(): Generator<void> {
    for (const listener of this.#listeners.values()) for (const table of listener.tables) yield* table.warm();
  }

  /** One answer more. */
  count(status: number): void {
    this.requests++;
    if (status >= 500) this.errors++;
  }

  listener(port: number): GatewayListener | undefined {
    return this.#listeners.get(port);
  }
}

/** TLS servers have a filter chain each in Envoy, so that each counts its local rate limits apart. */
function withOwnBuckets(listener: Listener): Listener {
  if (listener.servers.length < 2) return listener;
  const httpFilters = listener.httpFilters.map((filter): HttpFilter => {
    const { config } = filter;
    return config.kind === 'local_ratelimit'
      ? { ...filter, config: { ...config, config: { ...config.config } } }
      : filter;
  });
  return { ...listener, httpFilters };
}

/** One server of a listener: its own route table and whether TLS protects it. */
export interface GatewayServer {
  table: VirtualHostTable;
  tls: boolean;
}

export class GatewayListener implements Entrance {
  readonly snapshot: Snapshot;
  readonly listener: Listener;
  readonly connection: ConnectionManager;
  readonly #servers: Map<string, GatewayServer>;
  readonly #first: GatewayServer;

  constructor(snapshot: Snapshot, listener: Listener) {
    this.snapshot = snapshot;
    this.listener = listener;
    this.connection = foldConnectionManager(snapshot, listener.connection);
    const fold = (server: Server): GatewayServer => ({
      table: new VirtualHostTable(snapshot, withOwnBuckets(listener), snapshot.routeTables[server.routeTable]),
      tls: server.tls !== undefined,
    });
    this.#servers = new Map(listener.servers.map((server) => [server.name, fold(server)]));
    const none = { table: new VirtualHostTable(snapshot, listener, undefined), tls: false };
    this.#first = this.#servers.values().next().value ?? none;
  }

  get tables(): VirtualHostTable[] {
    return Array.from(this.#servers.values(), ({ table }) => table);
  }

  /** The server that SNI chose, by name; without a name the only one. */
  server(name: string | undefined): GatewayServer {
    return (name === undefined ? undefined : this.#servers.get(name)) ?? this.#first;
  }
}
