/** A filter's HTTP calls at the edge: to the clusters of the Snapshot, through the endpoints' own bindings. */
import type { Exchange } from '../exchange.ts';
import { balancerOf } from '../upstream/balance/registry.ts';
import { callOut } from '../upstream/call-out.ts';
import type { CalloutAnswer, CalloutRequest, Callouts } from './host.ts';

const encoder = new TextEncoder();
/** Envoy's own words. */
const UNREACHABLE =
  'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure';
const TIMEOUT = 'upstream request timeout';

export class EdgeCallouts implements Callouts {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  has(cluster: string): boolean {
    return Object.hasOwn(this.#exchange.snapshot.clusters, cluster);
  }

  async send(request: CalloutRequest): Promise<CalloutAnswer> {
    const signal = request.timeoutMs > 0 ? AbortSignal.timeout(request.timeoutMs) : undefined;
    const answering = this.#fetch(request, signal).catch(() =>
      signal?.aborted ? failure(504, TIMEOUT) : failure(503, UNREACHABLE),
    );
    // A call whose request has been answered meanwhile is still carried out, as in Envoy.
    this.#exchange.waitUntil(answering);
    return answering;
  }

  async #fetch(request: CalloutRequest, signal: AbortSignal | undefined): Promise<CalloutAnswer> {
    const cluster = this.#exchange.snapshot.clusters[request.cluster];
    const endpoint = cluster && balancerOf(cluster).pick()?.endpoint;
    if (!cluster || !endpoint) return failure(503, 'no healthy upstream');
    const pseudo = new Map(request.headers);
    const method = pseudo.get(':method') ?? 'GET';
    const url = `http://${pseudo.get(':authority')}${pseudo.get(':path')}`;
    const response = await callOut(this.#exchange, cluster, endpoint, url, {
      method,
      headers: request.headers.filter(([name]) => !name.startsWith(':')),
      ...(request.body.length > 0 && method !== 'GET' && method !== 'HEAD' && { body: request.body }),
      ...(signal && { signal }),
    });
    const body = new Uint8Array(await response.arrayBuffer());
    return { headers: [[':status', String(response.status)], ...response.headers], body, trailers: [] };
  }
}

function failure(status: number, text: string): CalloutAnswer {
  const body = encoder.encode(text);
  const headers: [string, string][] = [
    [':status', String(status)],
    ['content-length', String(body.length)],
    ['content-type', 'text/plain'],
  ];
  return { headers, body, trailers: [] };
}
