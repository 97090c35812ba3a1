/** get_property's view of an exchange. What workerd does not tell is not found, never made up. */
import type { Exchange } from '../exchange.ts';
import type { ResponseFlag } from '../telemetry/flags.ts';
import type { Attributes } from './host.ts';

/** Envoy's bits of response.flags (stream_info.h, CoreResponseFlag). */
const FLAG_BITS: Partial<Record<ResponseFlag, number>> = {
  UH: 0x2,
  UT: 0x4,
  UR: 0x10,
  UF: 0x20,
  UC: 0x40,
  UO: 0x80,
  NR: 0x100,
  DI: 0x200,
  FI: 0x400,
  RL: 0x800,
  UAEX: 0x1000,
  RLSE: 0x2000,
  DC: 0x4000,
  URX: 0x8000,
  SI: 0x10000,
  DPE: 0x40000,
  NC: 0x1000000,
};

export class EdgeAttributes implements Attributes {
  readonly #exchange: Exchange;
  received = 0;
  sent = 0;
  complete = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  protocol(): string {
    return 'HTTP/1.1';
  }
  startTimeMs(): number {
    return this.#exchange.startTime;
  }
  durationMs(): number | undefined {
    return this.complete ? Date.now() - this.#exchange.startTime : undefined;
  }
  requestSize(): number {
    return this.received;
  }
  responseSize(): number {
    return this.sent;
  }
  responseCode(): number | undefined {
    return this.#exchange.status || undefined;
  }
  responseDetails(): string | undefined {
    return this.#exchange.details || undefined;
  }
  responseFlags(): number {
    return [...this.#exchange.flags].reduce((bits, flag) => bits + (FLAG_BITS[flag] ?? 0), 0);
  }
  sourceAddress(): string {
    const { address, port } = this.#exchange.peer;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }
  sourcePort(): number {
    return this.#exchange.peer.port;
  }
  /** workerd does not say on which address a request came in. */
  destinationAddress(): undefined {
    return undefined;
  }
  /** The Gateway's port. */
  destinationPort(): number {
    return this.#exchange.listener.port;
  }
  mtls(): boolean {
    return this.#exchange.peer.principal !== undefined;
  }
  tlsVersion(): undefined {
    return undefined;
  }
  requestedServerName(): string | undefined {
    return this.#exchange.serverName;
  }
  upstreamAddress(): string | undefined {
    const { endpoint } = this.#exchange.upstream;
    return endpoint && `${endpoint.address}:${endpoint.port}`;
  }
  upstreamPort(): number | undefined {
    return this.#exchange.upstream.endpoint?.port;
  }
  clusterName(): string | undefined {
    const { upstream, route } = this.#exchange;
    if (upstream.cluster) return upstream.cluster;
    const action = route?.action;
    return action?.kind === 'forward' && action.destinations.length === 1 ? action.destinations[0]?.cluster : undefined;
  }
  routeName(): string | undefined {
    return this.#exchange.route?.name;
  }
}
