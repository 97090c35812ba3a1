/** What get_property shows in a test. */
import type { HeaderLines } from '../../gateway/wasm/header-map.ts';
import type { Attributes } from '../../gateway/wasm/host.ts';
import type { RequestInit } from './messages.ts';

const PEER = { address: '192.0.2.1', port: 40000 };

export class FakeAttributes implements Attributes {
  readonly #source: { address: string; port: number };
  readonly #start: number;
  headers: HeaderLines | null = null;
  #received = 0;
  #sent = 0;
  #code: number | undefined;
  #details: string | undefined;
  #complete = false;

  constructor(request: RequestInit, nowMs: number) {
    this.#source = request.source ?? PEER;
    this.#start = nowMs;
  }

  received(size: number): void {
    this.#received += size;
  }
  sent(size: number): void {
    this.#sent += size;
  }
  answer(status: number, details: string): void {
    this.#code = status;
    this.#details = details;
  }
  /** The lines of the answer as it stands: what on_log sees. */
  answerHeaders(headers: HeaderLines): void {
    this.headers = headers;
  }
  complete(): void {
    this.#complete = true;
  }

  protocol(): string {
    return 'HTTP/1.1';
  }
  startTimeMs(): number {
    return this.#start;
  }
  durationMs(): number | undefined {
    return this.#complete ? 1 : undefined;
  }
  requestSize(): number {
    return this.#received;
  }
  responseSize(): number {
    return this.#sent;
  }
  responseCode(): number | undefined {
    return this.#code;
  }
  responseDetails(): string | undefined {
    return this.#details;
  }
  responseFlags(): number {
    return 0;
  }
  sourceAddress(): string {
    return `${this.#source.address}:${this.#source.port}`;
  }
  sourcePort(): number {
    return this.#source.port;
  }
  destinationAddress(): string {
    return '192.0.2.2:80';
  }
  destinationPort(): number {
    return 80;
  }
  mtls(): boolean {
    return false;
  }
  tlsVersion(): undefined {
    return undefined;
  }
  requestedServerName(): undefined {
    return undefined;
  }
  upstreamAddress(): string | undefined {
    return this.#details === 'via_upstream' ? '192.0.2.3:8080' : undefined;
  }
  upstreamPort(): number | undefined {
    return this.#details === 'via_upstream' ? 8080 : undefined;
  }
  clusterName(): string {
    return 'upstream';
  }
  routeName(): string {
    return 'route';
  }
}
