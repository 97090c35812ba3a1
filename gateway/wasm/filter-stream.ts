/**
 * One request in one filter: calls its callbacks in Envoy's order and turns what they return, and what they do to the
 * stream, into an outcome. Synchronous as long as the filter does not pause.
 */
import { DataAction, HeadersAction } from './abi.ts';
import type { BodyBuffer } from './body-buffer.ts';
import type { Context } from './context.ts';
import type { HeaderMap } from './header-map.ts';
import type { Attributes, Callouts, Direction, FilterReply, LogView, Stream } from './host.ts';
import type { Vm } from './vm.ts';

/** undefined: go on. `reset`: close_stream, or a reply when the answer's body is already under way. */
export type Outcome = undefined | FilterReply | 'reset';

/** Shared by the filters of one request. */
export type StreamScope = Pick<Stream, 'attributes' | 'filterState' | 'callouts'>;

/** Envoy's answer for a request whose filter failed: 503 without a body (captured). */
export const FAILED_REPLY: FilterReply = {
  status: 503,
  body: new Uint8Array(0),
  headers: [],
  grpcStatus: 14,
  details: 'wasm_fail_stream',
};

const PAUSED: Readonly<Record<Direction, number>> = { request: 1, response: 2 };

export class FilterStream implements Stream {
  readonly vm: Vm;
  readonly #scope: StreamScope;
  readonly #context: Context;
  /** Bits of PAUSED. */
  #paused = 0;
  #resumed = false;
  #outcome: Outcome;
  #wake: (() => void) | undefined;
  #change: Promise<void> | undefined;
  #ended = false;
  #reroute = false;
  /** The answer's headers have gone out: a reply can no longer replace it. */
  #answered = false;

  constructor(vm: Vm, scope: StreamScope) {
    this.vm = vm;
    this.#scope = scope;
    vm.callouts = scope.callouts;
    this.#context = vm.createStream(this);
  }

  get attributes(): Attributes {
    return this.#scope.attributes;
  }
  get filterState(): Map<string, Uint8Array> {
    return this.#scope.filterState;
  }
  get callouts(): Callouts {
    return this.#scope.callouts;
  }
  get wantsRequestBody(): boolean {
    return this.vm.callbacks.onRequestBody !== undefined;
  }
  get wantsResponseBody(): boolean {
    return this.vm.callbacks.onResponseBody !== undefined;
  }

  requestHeaders(map: HeaderMap, endOfStream: boolean): Outcome | Promise<Outcome> {
    const context = this.#context;
    if (!this.vm.callbacks.onRequestHeaders) return this.#outcome;
    context.requestHeaders = map;
    const going = this.#headers('request', this.vm.callbacks.onRequestHeaders, map, endOfStream);
    if (going) context.requestHeaders = null;
    return this.#settled('request');
  }

  responseHeaders(map: HeaderMap, endOfStream: boolean): Outcome | Promise<Outcome> {
    const context = this.#context;
    if (!this.vm.callbacks.onResponseHeaders) return this.#outcome;
    context.responseHeaders = map;
    const going = this.#headers('response', this.vm.callbacks.onResponseHeaders, map, endOfStream);
    if (going) context.responseHeaders = null;
    return this.#settled('response');
  }

  /**
   * Hands a piece of a body to the filter. `held` is what the filter keeps back (StopIterationAndBuffer); the answer says
   * what becomes of the piece.
   */
  data(direction: Direction, data: BodyBuffer, endOfStream: boolean): number {
    const context = this.#context;
    const { onRequestBody, onResponseBody } = this.vm.callbacks;
    const field = direction === 'request' ? 'requestBody' : 'responseBody';
    context.showBody(field, data, endOfStream);
    this.#resumed = false;
    const callback = direction === 'request' ? onRequestBody : onResponseBody;
    const returned = this.vm.invoke(context, callback, data.length, endOfStream ? 1 : 0);
    const action = this.vm.stopIteration ? DataAction.StopNoBuffer : Math.min(returned >>> 0, DataAction.StopNoBuffer);
    this.#pause(direction, action !== DataAction.Continue && !this.#resumed);
    if (action === DataAction.Continue) context[field] = null;
    return action;
  }

  /** log, done and delete; safe to call twice. */
  end(view: LogView): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#context.log = view;
    this.vm.endStream(this.#context);
  }

  abandon(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.reset();
    this.vm.endStream(this.#context);
  }

  /** From here on a reply resets the stream. */
  markAnswered(): void {
    this.#answered = true;
  }

  isPaused(direction: Direction): boolean {
    return (this.#paused & PAUSED[direction]) !== 0;
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  /** A reply has been taken over by the caller: the response phase starts from nothing. */
  takeOutcome(): Outcome {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    return outcome;
  }

  takeReroute(): boolean {
    const reroute = this.#reroute;
    this.#reroute = false;
    return reroute;
  }

  /** Resolves with the next resume, reply, reset or failure. */
  change(): Promise<void> {
    this.#change ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#change;
  }

  resume(direction: Direction): void {
    this.#pause(direction, false);
    this.#resumed = true;
    this.#notify();
  }

  /** The first one counts, as in Envoy. */
  reply(reply: FilterReply): void {
    this.#outcome ??= this.#answered ? 'reset' : reply;
    this.#notify();
  }

  reset(): void {
    this.#outcome ??= 'reset';
    this.#notify();
  }

  fail(): void {
    this.reply(FAILED_REPLY);
  }

  clearRouteCache(): void {
    this.#reroute = true;
  }

  /** Whether the stream goes on at once. Every action but Continue pauses all of it: Istio leaves Envoy's default so. */
  #headers(direction: Direction, callback: Vm['callbacks']['onRequestHeaders'], map: HeaderMap, end: boolean): boolean {
    this.#context.endOfStream = end;
    this.#resumed = false;
    const count = this.vm.countsHeaders ? map.size : 0;
    const returned = this.vm.invoke(this.#context, callback, count, end ? 1 : 0);
    const going = !this.vm.stopIteration && returned === HeadersAction.Continue;
    this.#pause(direction, !going && !this.#resumed);
    return going;
  }

  #pause(direction: Direction, paused: boolean): void {
    if (paused) this.#paused |= PAUSED[direction];
    else this.#paused &= ~PAUSED[direction];
  }

  #settled(direction: Direction): Outcome | Promise<Outcome> {
    return this.#outcome || !this.isPaused(direction) ? this.#outcome : this.#untilSettled(direction);
  }

  async #untilSettled(direction: Direction): Promise<Outcome> {
    while (!this.#outcome && this.isPaused(direction)) await this.change();
    return this.#outcome;
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
    this.#change = undefined;
  }
}
