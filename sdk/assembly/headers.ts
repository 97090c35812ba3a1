/** Maps of headers: what may be read, and what may also be changed. */
import * as abi from "./abi";
import { first, OUT_POINTER, OUT_SIZE, release, second, takeBytes, takeText } from "./memory";
import { decodePairs, encodePairs, Header } from "./pairs";
import { Status } from "./types";

export class ReadonlyHeaders {
  constructor(protected map: u32) {}

  /**
   * The first line of that name, or null. Envoy joins repeated lines of well-known names with "," before; other names show
   * only their first line: use entries() where every line counts. Bytes that are not UTF-8 show as U+FFFD.
   */
  get(name: string): string | null {
    return this.read(name) ? takeText() : null;
  }

  /** The same, byte for byte. */
  getBytes(name: string): Uint8Array | null {
    return this.read(name) ? takeBytes() : null;
  }

  has(name: string): bool {
    if (!this.read(name)) return false;
    if (load<u32>(OUT_SIZE) > 0) release(load<usize>(OUT_POINTER));
    return true;
  }

  /** Every line, in order, pseudo headers (":path") too. */
  entries(): Header[] {
    if (abi.proxy_get_header_map_pairs(this.map, OUT_POINTER, OUT_SIZE) != Status.Ok) return [];
    const pointer = load<usize>(OUT_POINTER);
    const size = load<u32>(OUT_SIZE);
    if (size == 0) return [];
    const headers = decodePairs(pointer, size);
    release(pointer);
    return headers;
  }

  private read(name: string): bool {
    const key = first.set(name);
    return abi.proxy_get_header_map_value(this.map, key.pointer, key.size, OUT_POINTER, OUT_SIZE) == Status.Ok;
  }
}

export class Headers extends ReadonlyHeaders {
  /** A further line. */
  add(name: string, value: string): Status {
    const key = first.set(name);
    const text = second.set(value);
    return abi.proxy_add_header_map_value(this.map, key.pointer, key.size, text.pointer, text.size);
  }

  /** Instead of every line of that name. */
  set(name: string, value: string): Status {
    const key = first.set(name);
    const text = second.set(value);
    return abi.proxy_replace_header_map_value(this.map, key.pointer, key.size, text.pointer, text.size);
  }

  setBytes(name: string, value: Uint8Array): Status {
    const key = first.set(name);
    return abi.proxy_replace_header_map_value(this.map, key.pointer, key.size, value.dataStart, value.length);
  }

  /** Ok also when there is no such line. */
  remove(name: string): Status {
    const key = first.set(name);
    return abi.proxy_remove_header_map_value(this.map, key.pointer, key.size);
  }

  /** Instead of all lines; forget no pseudo header. */
  replaceAll(headers: Header[]): Status {
    const bytes = encodePairs(headers);
    return abi.proxy_set_header_map_pairs(this.map, changetype<usize>(bytes), bytes.byteLength);
  }
}
