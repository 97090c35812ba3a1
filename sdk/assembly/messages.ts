/**
 * What each callback is given. A class shows exactly what Envoy shows in that phase: request headers cannot be read in a
 * body or response callback, so RequestBody and ResponseHeaders have no way to ask for them. Remember what you need in a
 * field of the filter.
 */
import * as abi from "./abi";
import { first, OUT_POINTER, OUT_SIZE, takeBytes, takeText } from "./memory";
import { Headers, ReadonlyHeaders } from "./headers";
import { Header } from "./pairs";
import { sendReply, sendReplyBytes } from "./reply";
import { Action, DataAction, Status } from "./types";

const REQUEST_HEADERS: u32 = 0;
const REQUEST_TRAILERS: u32 = 1;
const RESPONSE_HEADERS: u32 = 2;
const RESPONSE_TRAILERS: u32 = 3;
const REQUEST_BODY: u32 = 0;
const RESPONSE_BODY: u32 = 1;

export class RequestHeaders extends Headers {
  /** No body follows. */
  endOfStream: bool = false;

  constructor() {
    super(REQUEST_HEADERS);
  }

  get method(): string {
    const value = this.get(":method");
    return value === null ? "" : value;
  }
  /** With its query, as it will be forwarded. */
  get path(): string {
    const value = this.get(":path");
    return value === null ? "" : value;
  }
  set path(value: string) {
    this.set(":path", value);
  }
  get authority(): string {
    const value = this.get(":authority");
    return value === null ? "" : value;
  }
  set authority(value: string) {
    this.set(":authority", value);
  }
  get scheme(): string {
    const value = this.get(":scheme");
    return value === null ? "" : value;
  }

  /** Answers instead of forwarding: `return request.reply(403, "no")`. */
  reply(status: u32, body: string = "", headers: Header[] = [], details: string = ""): Action {
    sendReply(status, body, headers, details);
    return Action.Pause;
  }
  replyBytes(status: u32, body: Uint8Array, headers: Header[] = [], details: string = ""): Action {
    sendReplyBytes(status, body, headers, details);
    return Action.Pause;
  }

  /** Chooses the route again, by what the headers now are. */
  clearRouteCache(): Status {
    const name = first.set("clear_route_cache");
    return abi.proxy_call_foreign_function(name.pointer, name.size, 0, 0, 0, 0);
  }
}

export class ResponseHeaders extends Headers {
  endOfStream: bool = false;

  constructor() {
    super(RESPONSE_HEADERS);
  }

  /** 0 when it is not there. */
  get status(): u32 {
    const value = this.get(":status");
    return value === null ? 0 : <u32>parseInt(value);
  }
  set status(value: u32) {
    this.set(":status", value.toString());
  }

  /** Answers instead of what came; the filters around this one do not see it (as in Envoy). */
  reply(status: u32, body: string = "", headers: Header[] = [], details: string = ""): Action {
    sendReply(status, body, headers, details);
    return Action.Pause;
  }
}

class Body {
  endOfStream: bool = false;
  /** How many bytes can be read now: this piece, or everything since DataAction.Buffer. */
  size: u32 = 0;

  constructor(private buffer: u32) {}

  bytes(start: u32 = 0, length: u32 = u32.MAX_VALUE): Uint8Array {
    return this.read(start, length) ? takeBytes() : new Uint8Array(0);
  }

  /** Bytes that are not UTF-8 show as U+FFFD. */
  text(): string {
    return this.read(0, u32.MAX_VALUE) ? takeText() : "";
  }

  /**
   * Instead of what can be read now. The content-length must no longer be there when the size changes: remove it in the
   * headers callback.
   */
  replace(text: string): Status {
    const value = first.set(text);
    return abi.proxy_set_buffer_bytes(this.buffer, 0, this.whole(), value.pointer, value.size);
  }
  replaceBytes(bytes: Uint8Array): Status {
    return abi.proxy_set_buffer_bytes(this.buffer, 0, this.whole(), bytes.dataStart, bytes.length);
  }
  prepend(text: string): Status {
    const value = first.set(text);
    return abi.proxy_set_buffer_bytes(this.buffer, 0, 0, value.pointer, value.size);
  }
  append(text: string): Status {
    const value = first.set(text);
    const end = this.size == 0 ? 1 : this.size;
    return abi.proxy_set_buffer_bytes(this.buffer, end, 0, value.pointer, value.size);
  }

  /** Length 0 would mean "before"; anything at least as long as the buffer means all of it. */
  private whole(): u32 {
    return this.size == 0 ? 1 : this.size;
  }

  private read(start: u32, length: u32): bool {
    const rest = start < this.size ? this.size - start : 0;
    const wanted = length < rest ? length : rest;
    if (wanted == 0) return false;
    return abi.proxy_get_buffer_bytes(this.buffer, start, wanted, OUT_POINTER, OUT_SIZE) == Status.Ok;
  }
}

export class RequestBody extends Body {
  constructor() {
    super(REQUEST_BODY);
  }

  reply(status: u32, body: string = "", headers: Header[] = [], details: string = ""): DataAction {
    sendReply(status, body, headers, details);
    return DataAction.Drop;
  }
}

/** There is no reply here: the answer is already on its way, and Envoy would reset it. */
export class ResponseBody extends Body {
  constructor() {
    super(RESPONSE_BODY);
  }
}

/** Only where the transport has trailers; an edge has none. */
export class RequestTrailers extends Headers {
  constructor() {
    super(REQUEST_TRAILERS);
  }
}

export class ResponseTrailers extends Headers {
  constructor() {
    super(RESPONSE_TRAILERS);
  }
}

/** A finished request: both sides' headers, read-only. */
export class LogEntry {
  readonly request: ReadonlyHeaders = new ReadonlyHeaders(REQUEST_HEADERS);
  readonly response: ReadonlyHeaders = new ReadonlyHeaders(RESPONSE_HEADERS);
}
