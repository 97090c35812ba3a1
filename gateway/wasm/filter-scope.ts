/**
 * What one exchange shares among its filters, and which of them are in it. It hangs on the exchange, is made with the first
 * filter, and makes only what filters ask for.
 */
import type { Exchange } from '../exchange.ts';
import { EdgeAttributes } from './edge-attributes.ts';
import { EdgeCallouts } from './edge-callouts.ts';
import { EdgeRequestHeaders, EdgeResponseHeaders } from './edge-headers.ts';
import type { FilterStream, StreamScope } from './filter-stream.ts';
import type { LogView } from './host.ts';

export class FilterScope implements StreamScope, LogView {
  readonly attributes: EdgeAttributes;
  readonly callouts: EdgeCallouts;
  readonly requestHeaders: EdgeRequestHeaders;
  /** null until the first filter sees the answer. */
  responseHeaders: EdgeResponseHeaders | null = null;
  readonly #exchange: Exchange;
  #filterState: Map<string, Uint8Array> | undefined;
  /** The steps that were entered and not left again, each with its stream at the same place. */
  readonly #steps: object[] = [];
  readonly #streams: FilterStream[] = [];
  readonly #over: FilterStream[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.attributes = new EdgeAttributes(exchange);
    this.callouts = new EdgeCallouts(exchange);
    this.requestHeaders = new EdgeRequestHeaders(exchange);
  }

  get filterState(): Map<string, Uint8Array> {
    this.#filterState ??= new Map();
    return this.#filterState;
  }

  enter(step: object, stream: FilterStream): void {
    this.#steps.push(step);
    this.#streams.push(stream);
  }

  /** The stream of a step, which must be the last one entered; undefined when that step was not. */
  leave(step: object): FilterStream | undefined {
    if (this.#steps.at(-1) !== step) return undefined;
    this.#steps.pop();
    return this.#streams.pop();
  }

  answerHeaders(): EdgeResponseHeaders {
    this.responseHeaders ??= new EdgeResponseHeaders(this.#exchange);
    return this.responseHeaders;
  }

  /** log, done and delete run when every filter has seen the answer. */
  endLater(stream: FilterStream): void {
    this.#over.push(stream);
  }

  /** Called by the Worker when no filter has anything to say any more; filters that read the body end with it. */
  endAnswered(): void {
    for (const stream of this.#over) this.end(stream);
    this.#over.length = 0;
  }

  /** A reply goes straight out: the filters before the one that gave it see no answer, but their end. */
  endEntered(): void {
    for (let stream = this.#streams.pop(); stream; stream = this.#streams.pop()) this.endLater(stream);
    this.#steps.length = 0;
  }

  end(stream: FilterStream): void {
    this.attributes.complete = true;
    stream.end(this);
  }
}
