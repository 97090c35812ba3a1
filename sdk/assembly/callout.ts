/** HTTP calls that a filter makes while its request waits. */
import * as abi from "./abi";
import { first, OUT_POINTER, OUT_SIZE, OUT_VALUE, takeBytes, takeText } from "./memory";
import { ReadonlyHeaders } from "./headers";
import { encodePairs, Header } from "./pairs";
import { Status } from "./types";
import { encodeUtf8 } from "./utf8";

const CALL_HEADERS: u32 = 6;
const CALL_TRAILERS: u32 = 7;
const CALL_BODY: u32 = 4;

/**
 * A request to a cluster that the proxy's configuration knows, in Istio `outbound|8080||auth.default.svc.cluster.local`.
 * HttpFilter.send() and Plugin.send() start it.
 */
export class HttpCall {
  headers: Header[] = [];
  body: Uint8Array = new Uint8Array(0);
  timeoutMs: u32 = 5000;
  /** Set by send(); the answer carries the same. */
  token: u32 = 0;

  constructor(public cluster: string, public method: string, public path: string, public authority: string) {}

  header(name: string, value: string): HttpCall {
    this.headers.push(new Header(name, value));
    return this;
  }

  text(body: string): HttpCall {
    this.body = encodeUtf8(body);
    return this;
  }

  /** Authors call HttpFilter.send(), which also finds the way back. */
  start(): Status {
    const all = new Array<Header>();
    all.push(new Header(":method", this.method));
    all.push(new Header(":path", this.path));
    all.push(new Header(":authority", this.authority));
    for (let i = 0; i < this.headers.length; i++) all.push(this.headers[i]);
    const pairs = encodePairs(all);
    const target = first.set(this.cluster);
    const status = abi.proxy_http_call(
      target.pointer, target.size, changetype<usize>(pairs), pairs.byteLength, this.body.dataStart, this.body.length,
      0, 0, this.timeoutMs, OUT_VALUE,
    );
    this.token = status == Status.Ok ? load<u32>(OUT_VALUE) : 0;
    return status;
  }
}

/** What came back. A target that cannot be reached answers 503, one that takes too long 504. */
export class CallResponse {
  token: u32 = 0;
  size: u32 = 0;
  readonly headers: ReadonlyHeaders = new ReadonlyHeaders(CALL_HEADERS);
  readonly trailers: ReadonlyHeaders = new ReadonlyHeaders(CALL_TRAILERS);

  /** 0 when the connection was reset before anything came. */
  get status(): u32 {
    const value = this.headers.get(":status");
    return value === null ? 0 : <u32>parseInt(value);
  }

  bytes(): Uint8Array {
    return this.read() ? takeBytes() : new Uint8Array(0);
  }

  text(): string {
    return this.read() ? takeText() : "";
  }

  private read(): bool {
    return this.size > 0 && abi.proxy_get_buffer_bytes(CALL_BODY, 0, this.size, OUT_POINTER, OUT_SIZE) == Status.Ok;
  }
}
