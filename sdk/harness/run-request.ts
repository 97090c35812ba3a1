/** One request through one filter and a fake upstream, in the order in which Envoy takes it. */
import { BodyFlow, type BodySource, BodyTooLarge } from '../../gateway/wasm/body-flow.ts';
import { FilterStream, type Outcome, type StreamScope } from '../../gateway/wasm/filter-stream.ts';
import { HeaderLines } from '../../gateway/wasm/header-map.ts';
import type { Direction, FilterReply } from '../../gateway/wasm/host.ts';
import type { Acquired } from '../../gateway/wasm/plugin.ts';
import { FakeAttributes } from './fake-attributes.ts';
import { replyHeaders } from './local-reply.ts';
import {
  bodyPieces,
  headerLines,
  joined,
  Lines,
  type RequestInit,
  type ResponseInit,
  type Result,
} from './messages.ts';

export interface Run {
  vm: Acquired;
  callouts: StreamScope['callouts'];
  request: RequestInit;
  upstream: (request: NonNullable<Result['upstream']>) => ResponseInit | Promise<ResponseInit>;
  nowMs: number;
  refused: FilterReply;
}

/** An announced length of 0 is no body. */
const isSomething = (piece: Uint8Array): boolean => piece.length > 0;

const RESET = { upstream: undefined, response: undefined, details: '', rerouted: false };

export async function runRequest(run: Run): Promise<Result> {
  const request = requestLines(run.request);
  if (run.vm === 'refuse') return answered(request, run.refused);
  if (run.vm === 'skip') return pass(run, request);
  const attributes = new FakeAttributes(run.request, run.nowMs);
  const stream = new FilterStream(run.vm, { attributes, filterState: new Map(), callouts: run.callouts });
  try {
    const sent = await requestPhase(stream, request, bodyPieces(run.request.body).filter(isSomething), attributes);
    const rerouted = stream.takeReroute();
    if (sent.outcome === 'reset') return { ...RESET, rerouted };
    if (sent.outcome) {
      attributes.answer(sent.outcome.status, sent.outcome.details);
      const result = await afterReply(stream, request, sent.outcome, attributes);
      return { ...result, rerouted };
    }
    const upstream = seen(request, sent.body);
    const answer = await run.upstream(upstream);
    const response = responseLines(answer);
    attributes.answerHeaders(response);
    attributes.answer(Number(response.get(':status')), 'via_upstream');
    const result = await responsePhase(stream, request, response, bodyPieces(answer.body), attributes);
    return { ...result, upstream, rerouted };
  } finally {
    attributes.complete();
    stream.end({ requestHeaders: request, responseHeaders: attributes.headers });
  }
}

function requestLines({ method, path, authority, scheme, headers, body }: RequestInit): HeaderLines {
  const lines = headerLines(headers);
  const pieces = bodyPieces(body);
  const announced = lines.some(([name]) => name === 'content-length' || name === 'transfer-encoding');
  if (pieces.length === 1 && !announced) lines.push(['content-length', String(pieces[0]?.length)]);
  return new HeaderLines([
    [':authority', authority ?? 'example.com'],
    [':path', path ?? '/'],
    [':method', method ?? (pieces.length > 0 ? 'POST' : 'GET')],
    [':scheme', scheme ?? 'http'],
    ...lines,
  ]);
}

function responseLines({ status, headers }: ResponseInit): HeaderLines {
  return new HeaderLines([[':status', String(status ?? 200)], ...headerLines(headers)]);
}

async function pass(run: Run, request: HeaderLines): Promise<Result> {
  const upstream = seen(request, joined(bodyPieces(run.request.body)));
  const answer = await run.upstream(upstream);
  return { ...RESET, upstream, response: shown(responseLines(answer), joined(bodyPieces(answer.body))) };
}

async function requestPhase(
  stream: FilterStream,
  request: HeaderLines,
  pieces: Uint8Array[],
  attributes: FakeAttributes,
): Promise<{ outcome: Outcome; body: Uint8Array }> {
  const source = fromPieces(pieces, (size) => attributes.received(size));
  const flow = new BodyFlow('request', stream, source);
  const waiting = stream.requestHeaders(request, pieces.length === 0);
  if (waiting instanceof Promise && pieces.length > 0 && stream.wantsRequestBody) flow.readWhilePaused();
  const outcome = await waiting;
  if (outcome || pieces.length === 0) return { outcome: outcome && stream.takeOutcome(), body: new Uint8Array(0) };
  if (!stream.wantsRequestBody) return { outcome, body: joined(pieces) };
  const body = await drain(stream, flow, TOO_LARGE.request);
  return { outcome: body.outcome && stream.takeOutcome(), body: body.bytes };
}

async function responsePhase(
  stream: FilterStream,
  request: HeaderLines,
  response: HeaderLines,
  pieces: Uint8Array[],
  attributes: FakeAttributes,
): Promise<Result> {
  const source = fromPieces(pieces, (size) => attributes.sent(size));
  const flow = new BodyFlow('response', stream, source);
  const waiting = stream.responseHeaders(response, pieces.length === 0);
  const wantsBody = pieces.length > 0 && stream.wantsResponseBody;
  if (waiting instanceof Promise && wantsBody) flow.readWhilePaused();
  const outcome = await waiting;
  if (outcome === 'reset') return RESET;
  if (outcome) return answered(request, outcome, attributes);
  stream.markAnswered();
  if (!wantsBody) return { ...RESET, response: shown(response, joined(pieces)) };
  const body = await drain(stream, flow, TOO_LARGE.response);
  return body.outcome ? RESET : { ...RESET, response: shown(response, body.bytes) };
}

/** The filter's own answer passes its own response callbacks, as in Envoy. */
async function afterReply(
  stream: FilterStream,
  request: HeaderLines,
  reply: FilterReply,
  attributes: FakeAttributes,
): Promise<Result> {
  const { headers, body } = replyHeaders(request, reply);
  attributes.answerHeaders(headers);
  if (stream.vm.failure !== undefined) return { ...RESET, response: shown(headers, body), details: reply.details };
  const outcome = await stream.responseHeaders(headers, body.length === 0);
  if (outcome) return outcome === 'reset' ? RESET : answered(request, outcome, attributes);
  stream.markAnswered();
  if (body.length === 0 || !stream.wantsResponseBody)
    return { ...RESET, response: shown(headers, body), details: reply.details };
  const flow = new BodyFlow(
    'response',
    stream,
    fromPieces([body], () => undefined, true),
  );
  const changed = await drain(stream, flow, TOO_LARGE.response);
  return changed.outcome ? RESET : { ...RESET, response: shown(headers, changed.bytes), details: reply.details };
}

/** An answer that no response callback sees. */
function answered(request: HeaderLines, reply: FilterReply, attributes?: FakeAttributes): Result {
  const { headers, body } = replyHeaders(request, reply);
  attributes?.answerHeaders(headers);
  return { ...RESET, response: shown(headers, body), details: reply.details };
}

/** Envoy's answers when a filter has held back more than the buffer takes. */
const TOO_LARGE: Record<Direction, FilterReply> = {
  request: {
    status: 413,
    body: new TextEncoder().encode('Payload Too Large'),
    headers: [],
    grpcStatus: -1,
    details: 'request_payload_too_large',
  },
  response: {
    status: 500,
    body: new TextEncoder().encode('Internal Server Error'),
    headers: [],
    grpcStatus: -1,
    details: 'response_payload_too_large',
  },
};

async function drain(stream: FilterStream, flow: BodyFlow, tooLarge: FilterReply) {
  const pieces: Uint8Array[] = [];
  try {
    for (let piece = await flow.next(); piece; piece = await flow.next()) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    stream.reply(tooLarge);
  }
  return { outcome: stream.outcome, bytes: joined(pieces) };
}

/** Like a connection: each piece, then an empty end; `whole`: the last piece is the end. */
function fromPieces(pieces: Uint8Array[], count: (size: number) => void, whole = false): BodySource {
  let next = 0;
  return {
    read: () => {
      const data = pieces[next++];
      if (data) count(data.length);
      return Promise.resolve(data && { data, last: whole && next === pieces.length });
    },
    cancel: () => undefined,
  };
}

function seen(request: HeaderLines, bytes: Uint8Array): NonNullable<Result['upstream']> {
  return {
    method: request.get(':method') ?? '',
    path: request.get(':path') ?? '',
    authority: request.get(':authority') ?? '',
    headers: new Lines(request.entries().filter(([name]) => !name.startsWith(':'))),
    body: new TextDecoder().decode(bytes),
    bytes,
  };
}

function shown(headers: HeaderLines, bytes: Uint8Array): NonNullable<Result['response']> {
  return {
    status: Number(headers.get(':status')),
    headers: new Lines(headers.entries().filter(([name]) => name !== ':status')),
    body: new TextDecoder().decode(bytes),
    bytes,
  };
}
