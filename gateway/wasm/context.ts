/**
 * A root or stream context. Its maps and buffers are pointers that are set while a callback runs and, when the callback
 * paused, until the stream goes on: that is why request headers cannot be read in a body callback (Envoy 1.40, captured).
 */
import { BufferType, MapType } from './abi.ts';
import { BodyBuffer } from './body-buffer.ts';
import { HeaderLines, type HeaderMap } from './header-map.ts';
import type { CalloutAnswer, LogView, PluginConfig, Stream } from './host.ts';

/** A buffer that a guest asks for; one that may not be changed is not `mutable`. */
interface Shown {
  data: BodyBuffer;
  mutable: boolean;
}

const encoder = new TextEncoder();
const NOTHING: Shown = constant(new Uint8Array(0));

export class Context {
  readonly id: number;
  readonly plugin: PluginConfig;
  readonly root: Context;
  /** Absent for a root context. */
  readonly stream: Stream | undefined;

  requestHeaders: HeaderMap | null = null;
  requestTrailers: HeaderMap | null = null;
  requestBody: BodyBuffer | null = null;
  responseHeaders: HeaderMap | null = null;
  responseTrailers: HeaderMap | null = null;
  responseBody: BodyBuffer | null = null;
  endOfStream = false;
  /** Set while on_log runs. */
  log: LogView | null = null;
  /** Root only: set while on_http_call_response runs. */
  callAnswer: { headers: HeaderMap; body: Uint8Array; trailers: HeaderMap | null } | null = null;
  /** Root only: set while on_configure runs. */
  configuring = false;
  /** The buffer that was read last; buffer type 8 shows it, as Envoy's does. */
  #last = NOTHING;

  constructor(id: number, plugin: PluginConfig, root?: Context, stream?: Stream) {
    this.id = id;
    this.plugin = plugin;
    this.root = root ?? this;
    this.stream = stream;
  }

  setCallAnswer(answer: CalloutAnswer | null): void {
    this.callAnswer = answer && {
      headers: new HeaderLines(answer.headers),
      body: answer.body,
      trailers: answer.trailers.length > 0 ? new HeaderLines(answer.trailers) : null,
    };
  }

  /** The map that may be changed; reading a body's last piece makes the trailers, as Envoy's does. */
  mutableMap(type: number): HeaderMap | null {
    switch (type) {
      case MapType.RequestHeaders:
        return this.requestHeaders;
      case MapType.RequestTrailers:
        if (this.requestBody && this.endOfStream) this.requestTrailers ??= new HeaderLines();
        return this.requestTrailers;
      case MapType.ResponseHeaders:
        return this.responseHeaders;
      case MapType.ResponseTrailers:
        if (this.responseBody && this.endOfStream) this.responseTrailers ??= new HeaderLines();
        return this.responseTrailers;
      default:
        return null;
    }
  }

  readableMap(type: number): HeaderMap | null {
    switch (type) {
      case MapType.RequestHeaders:
        return this.log ? this.log.requestHeaders : this.requestHeaders;
      case MapType.RequestTrailers:
        return this.requestTrailers ?? this.#empty();
      case MapType.ResponseHeaders:
        return this.log ? this.log.responseHeaders : this.responseHeaders;
      case MapType.ResponseTrailers:
        return this.responseTrailers ?? this.#empty();
      case MapType.CallResponseHeaders:
        return this.root.callAnswer?.headers ?? this.#empty();
      case MapType.CallResponseTrailers:
        return this.root.callAnswer?.trailers ?? this.#empty();
      default:
        return this.#empty();
    }
  }

  /** While on_log runs, Envoy has an empty map where it otherwise has none (captured). */
  #empty(): HeaderMap | null {
    return this.log && new HeaderLines();
  }

  /** null: NotFound. */
  buffer(type: number): Shown | null {
    const found = this.#findBuffer(type);
    if (found) this.#last = found;
    return found;
  }

  #findBuffer(type: number): Shown | null {
    switch (type) {
      case BufferType.RequestBody:
        return { data: this.requestBody ?? new BodyBuffer(), mutable: this.requestBody !== null };
      case BufferType.ResponseBody:
        return { data: this.responseBody ?? new BodyBuffer(), mutable: this.responseBody !== null };
      case BufferType.CallResponseBody:
        return this.root.callAnswer && constant(this.root.callAnswer.body);
      case BufferType.PluginConfiguration:
        return this.configuring ? constant(encoder.encode(this.plugin.configuration)) : null;
      case BufferType.CallData:
        return this.#last;
      default:
        return NOTHING;
    }
  }

  /** A piece of a body is there to be looked at. */
  showBody(field: 'requestBody' | 'responseBody', data: BodyBuffer, endOfStream: boolean): void {
    this[field] = data;
    this.endOfStream = endOfStream;
    this.#last = { data, mutable: true };
  }

  /** After Continue, or continue_stream of either direction: the request's pointers are gone. */
  forgetRequest(): void {
    this.requestHeaders = null;
    this.requestBody = null;
    this.requestTrailers = null;
  }
}

function constant(bytes: Uint8Array): Shown {
  return { data: new BodyBuffer(bytes), mutable: false };
}
