/** Answers to a filter's HTTP calls, by cluster. */
import type { CalloutAnswer, CalloutRequest, Callouts } from '../../gateway/wasm/host.ts';
import { bodyPieces, headerLines, joined, Lines, type ResponseInit } from './messages.ts';

export interface SeenCall {
  cluster: string;
  method: string;
  path: string;
  authority: string;
  headers: Lines;
  body: string;
  timeoutMs: number;
}

/** 'timeout' and 'unreachable' answer as Envoy's client does: 504 and 503. */
export type CallAnswer = ResponseInit | 'timeout' | 'unreachable';
export type CallHandler = (call: SeenCall) => CallAnswer | Promise<CallAnswer>;

const FAILURES: Readonly<Record<'timeout' | 'unreachable', ResponseInit>> = {
  timeout: { status: 504, headers: { 'content-type': 'text/plain' }, body: 'upstream request timeout' },
  unreachable: {
    status: 503,
    headers: { 'content-type': 'text/plain' },
    body: 'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure',
  },
};

export class FakeCallouts implements Callouts {
  /** Every call so far, in order. */
  readonly seen: SeenCall[] = [];
  readonly #handlers: Readonly<Record<string, CallHandler>>;
  #open = 0;

  constructor(handlers: Readonly<Record<string, CallHandler>>) {
    this.#handlers = handlers;
  }

  get open(): number {
    return this.#open;
  }

  has(cluster: string): boolean {
    return Object.hasOwn(this.#handlers, cluster);
  }

  async send(request: CalloutRequest): Promise<CalloutAnswer> {
    const call = describe(request);
    this.seen.push(call);
    this.#open += 1;
    try {
      const answer = await (this.#handlers[request.cluster] as CallHandler)(call);
      return toAnswer(typeof answer === 'string' ? FAILURES[answer] : answer);
    } finally {
      this.#open -= 1;
    }
  }
}

function describe({ cluster, headers, body, timeoutMs }: CalloutRequest): SeenCall {
  const all = new Lines(headers);
  return {
    cluster,
    method: all.get(':method') ?? '',
    path: all.get(':path') ?? '',
    authority: all.get(':authority') ?? '',
    headers: new Lines(headers.filter(([name]) => !name.startsWith(':'))),
    body: new TextDecoder().decode(body),
    timeoutMs,
  };
}

function toAnswer({ status, headers, body }: ResponseInit): CalloutAnswer {
  return {
    headers: [[':status', String(status ?? 200)], ...headerLines(headers)],
    body: joined(bodyPieces(body)),
    trailers: [],
  };
}
