/** A Wasm filter as a step of a route's chain: from the exchange to the filter's callbacks, and what they decide back. */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import type { WasmBinding } from '../snapshot.ts';
import { BodyFlow, BodyTooLarge, fromBytes, fromStream } from './body-flow.ts';
import { asStream, counted, requestBody, whole } from './edge-bodies.ts';
import { FilterScope } from './filter-scope.ts';
import { FAILED_REPLY, FilterStream, type Outcome } from './filter-stream.ts';
import { toLocalReply } from './local-reply.ts';
import type { Plugin } from './plugin.ts';
import { pluginFor } from './registry.ts';

export function foldWasm({ filters }: RouteScope): Step[] {
  return filters
    .map(({ config }) => config)
    .filter((config): config is WasmBinding => config.kind === 'wasm' && config.type === 'HTTP')
    .map((binding) => new WasmStep(pluginFor(binding)));
}

class WasmStep implements Step {
  readonly #plugin: Plugin;

  constructor(plugin: Plugin) {
    this.#plugin = plugin;
  }

  request(exchange: Exchange): Verdict | Promise<Verdict> {
    exchange.filters ??= new FilterScope(exchange);
    const scope = exchange.filters;
    this.#plugin.tickIfDue();
    const vm = this.#plugin.acquire(scope.callouts);
    if (vm === 'skip') return undefined;
    if (vm === 'refuse') return toLocalReply(FAILED_REPLY);
    const stream = new FilterStream(vm, scope);
    scope.enter(this, stream);
    const hasBody = exchange.body !== null && exchange.requestHeaders.get('content-length') !== '0';
    const outcome = stream.requestHeaders(scope.requestHeaders, !hasBody);
    const wantsBody = hasBody && stream.wantsRequestBody;
    if (wantsBody || outcome instanceof Promise) return requestSlowly(exchange, stream, scope, outcome, wantsBody);
    return verdictOf(stream, outcome);
  }

  response(exchange: Exchange): LocalReply | undefined | Promise<LocalReply | undefined> {
    const scope = exchange.filters;
    const stream = scope?.leave(this);
    if (!scope || !stream) return undefined;
    const outcome = stream.responseHeaders(scope.answerHeaders(), exchange.responseBody === null);
    const wantsBody = stream.wantsResponseBody && exchange.responseBody !== null;
    if (wantsBody || outcome instanceof Promise) return respondSlowly(exchange, stream, scope, outcome, wantsBody);
    return answerOf(stream, scope, outcome);
  }
}

/** The filter has seen the answer's headers; its own reply ends those before it too. */
function answerOf(stream: FilterStream, scope: FilterScope, outcome: Outcome): LocalReply | undefined {
  scope.endLater(stream);
  if (!outcome) return undefined;
  scope.endEntered();
  return replyOf(outcome);
}

/** The platform cannot close a client's connection without an answer: close_stream is a 503 here. */
function replyOf(outcome: Exclude<Outcome, undefined>): LocalReply {
  return toLocalReply(outcome === 'reset' ? FAILED_REPLY : outcome);
}

function verdictOf(stream: FilterStream, outcome: Outcome): Verdict {
  if (!outcome) return stream.takeReroute() ? 'reroute' : undefined;
  stream.takeOutcome();
  return replyOf(outcome);
}

/** The filter waits for something, or looks at the body. */
async function requestSlowly(
  exchange: Exchange,
  stream: FilterStream,
  scope: FilterScope,
  waiting: Outcome | Promise<Outcome>,
  wantsBody: boolean,
): Promise<Verdict> {
  if (!wantsBody) return verdictOf(stream, await waiting);
  const source = counted(fromStream(exchange.body as ReadableStream<Uint8Array>), (size) => {
    scope.attributes.received += size;
  });
  const flow = new BodyFlow('request', stream, source);
  if (waiting instanceof Promise) flow.readWhilePaused();
  const outcome = await waiting;
  if (outcome) return verdictOf(stream, outcome);
  try {
    const body = await requestBody(flow, exchange.requestHeaders.get('content-length'));
    if (stream.outcome) return verdictOf(stream, stream.outcome);
    if (body === 'mismatch') return { status: 400, body: '', details: 'wasm_body_does_not_fit_content_length' };
    exchange.body = body;
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    return { status: 413, body: 'Payload Too Large', details: 'request_payload_too_large' };
  }
  return verdictOf(stream, undefined);
}

async function respondSlowly(
  exchange: Exchange,
  stream: FilterStream,
  scope: FilterScope,
  waiting: Outcome | Promise<Outcome>,
  wantsBody: boolean,
): Promise<LocalReply | undefined> {
  const body = exchange.responseBody;
  if (!wantsBody || body === null) return answerOf(stream, scope, await waiting);
  const isStream = body instanceof ReadableStream;
  const source = counted(isStream ? fromStream(body) : fromBytes(bytesOf(body)), (size) => {
    scope.attributes.sent += size;
  });
  const flow = new BodyFlow('response', stream, source);
  if (waiting instanceof Promise) flow.readWhilePaused();
  const outcome = await waiting;
  if (outcome) {
    flow.cancel(new Error('a filter replaced the answer'));
    return answerOf(stream, scope, outcome);
  }
  stream.markAnswered();
  // Its length may change on the way; without the header the platform sends pieces.
  exchange.responseHeaders.remove('content-length');
  if (isStream) exchange.responseBody = asStream(flow, stream, () => scope.end(stream));
  else {
    exchange.responseBody = await whole(flow);
    scope.endLater(stream);
  }
  return undefined;
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}
