/**
 * Values and queues that all requests see: in Envoy those of one proxy, at the edge those of one isolate. Neither is a
 * place for what must not get lost.
 */
import * as abi from "./abi";
import { first, OUT_POINTER, OUT_SIZE, OUT_VALUE, second, takeBytes } from "./memory";
import { Status } from "./types";
import { decodeUtf8, encodeUtf8 } from "./utf8";

export class SharedValue {
  constructor(readonly bytes: Uint8Array, readonly cas: u32) {}
  text(): string {
    return decodeUtf8(this.bytes);
  }
}

export namespace sharedData {
  export function get(key: string): SharedValue | null {
    const name = first.set(key);
    const status = abi.proxy_get_shared_data(name.pointer, name.size, OUT_POINTER, OUT_SIZE, OUT_VALUE);
    if (status != Status.Ok) return null;
    const cas = load<u32>(OUT_VALUE);
    return new SharedValue(takeBytes(), cas);
  }
  /** With a `cas` that was read: CasMismatch when the value has changed since. 0 overwrites. */
  export function set(key: string, value: string, cas: u32 = 0): Status {
    return setBytes(key, encodeUtf8(value), cas);
  }
  export function setBytes(key: string, value: Uint8Array, cas: u32 = 0): Status {
    const name = first.set(key);
    return abi.proxy_set_shared_data(name.pointer, name.size, value.dataStart, value.length, cas);
  }
}

/** First in, first out. Plugin.onQueueReady() of the one that registered hears of each item. */
export class SharedQueue {
  private constructor(readonly token: u32) {}

  static register(name: string): SharedQueue | null {
    const text = first.set(name);
    const status = abi.proxy_register_shared_queue(text.pointer, text.size, OUT_VALUE);
    return status == Status.Ok ? new SharedQueue(load<u32>(OUT_VALUE)) : null;
  }
  static resolve(name: string, vmId: string = ""): SharedQueue | null {
    const owner = first.set(vmId);
    const text = second.set(name);
    const status = abi.proxy_resolve_shared_queue(owner.pointer, owner.size, text.pointer, text.size, OUT_VALUE);
    return status == Status.Ok ? new SharedQueue(load<u32>(OUT_VALUE)) : null;
  }
  enqueue(item: Uint8Array): Status {
    return abi.proxy_enqueue_shared_queue(this.token, item.dataStart, item.length);
  }
  dequeue(): Uint8Array | null {
    return abi.proxy_dequeue_shared_queue(this.token, OUT_POINTER, OUT_SIZE) == Status.Ok ? takeBytes() : null;
  }
}
