/** A guest's linear memory: every access is checked, so that a bad pointer is a status and never a fault of the host. */
import { decodeText, isAscii, writeAscii } from './text.ts';

const encoder = new TextEncoder();

export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #allocate: (size: number) => number;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;

  /** `allocate` is the guest's `malloc` or `proxy_on_memory_allocate`; it may trap or return 0. */
  constructor(memory: WebAssembly.Memory, allocate: (size: number) => number) {
    this.#memory = memory;
    this.#allocate = allocate;
    this.#bytes = new Uint8Array(memory.buffer as ArrayBuffer);
    this.#view = new DataView(memory.buffer as ArrayBuffer);
  }

  get size(): number {
    return this.#current().length;
  }

  /** A view, valid until the guest runs again; undefined when any of it lies outside. */
  bytes(pointer: number, length: number): Uint8Array | undefined {
    const start = pointer >>> 0;
    const end = start + (length >>> 0);
    const bytes = this.#current();
    return end <= bytes.length ? bytes.subarray(start, end) : undefined;
  }

  /** UTF-8, invalid sequences replaced by U+FFFD as JavaScript does. */
  string(pointer: number, length: number): string | undefined {
    const start = pointer >>> 0;
    const end = start + (length >>> 0);
    const bytes = this.#current();
    return end > bytes.length ? undefined : decodeText(bytes, start, end);
  }

  readU32(pointer: number): number | undefined {
    const at = pointer >>> 0;
    return at + 4 <= this.#current().length ? this.#view.getUint32(at, true) : undefined;
  }

  setU32(pointer: number, value: number): boolean {
    const at = pointer >>> 0;
    if (at + 4 > this.#current().length) return false;
    this.#view.setUint32(at, value, true);
    return true;
  }

  setU64(pointer: number, value: bigint): boolean {
    const at = pointer >>> 0;
    if (at + 8 > this.#current().length) return false;
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
    return true;
  }

  setBytes(pointer: number, data: Uint8Array): boolean {
    const at = pointer >>> 0;
    const bytes = this.#current();
    if (at + data.length > bytes.length) return false;
    bytes.set(data, at);
    return true;
  }

  /**
   * Copies a value into memory that the guest allocates and writes its address and size to the two out-parameters.
   * Empty values are address 0, size 0, without an allocation (proxy-wasm-cpp-host does the same).
   */
  give(value: string | Uint8Array, pointerOut: number, sizeOut: number): boolean {
    if (value.length === 0) return this.setU32(pointerOut, 0) && this.setU32(sizeOut, 0);
    const data = typeof value === 'string' && !isAscii(value) ? encoder.encode(value) : value;
    const size = data.length;
    const pointer = this.allocate(size);
    if (!pointer) return false;
    const bytes = this.#current();
    if (typeof data === 'string') writeAscii(bytes, pointer, data);
    else bytes.set(data, pointer);
    return this.setU32(pointerOut, pointer) && this.setU32(sizeOut, size);
  }

  /** Address of `size` bytes of the guest's, or 0 when it has none or answers with an address outside of its memory. */
  allocate(size: number): number {
    const pointer = this.#allocate(size) >>> 0;
    return pointer + size <= this.#current().length ? pointer : 0;
  }

  /** Growing detaches the buffer, which shows as length 0; then the views are made anew. */
  #current(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.#memory.buffer as ArrayBuffer);
      this.#view = new DataView(this.#memory.buffer as ArrayBuffer);
    }
    return this.#bytes;
  }
}
