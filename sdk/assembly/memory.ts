/** How values cross between this module and the host: out-parameters, arguments, and memory that the host has filled. */
import { decodeMemory } from "./utf8";

/** Where the host writes an address, a size and one further number. Static, so that a call needs no allocation. */
export const OUT_POINTER: usize = memory.data(8);
export const OUT_SIZE: usize = memory.data(8);
export const OUT_VALUE: usize = memory.data(8);

const SCRATCH_SIZE: i32 = 1024;
const FIRST: usize = memory.data(1024);
const SECOND: usize = memory.data(1024);
const THIRD: usize = memory.data(1024);

/** A text as UTF-8 bytes for the time of one host call. Short ASCII needs no allocation. */
export class Argument {
  pointer: usize = 0;
  size: u32 = 0;
  private kept: ArrayBuffer | null = null;

  constructor(private scratch: usize) {}

  set(text: string): Argument {
    const length = text.length;
    if (length <= SCRATCH_SIZE) {
      let i = 0;
      while (i < length) {
        const unit = load<u16>(changetype<usize>(text) + (<usize>i << 1));
        if (unit > 127) break;
        store<u8>(this.scratch + i, <u8>unit);
        i++;
      }
      if (i == length) {
        this.pointer = this.scratch;
        this.size = length;
        return this;
      }
    }
    const bytes = String.UTF8.encode(text);
    this.kept = bytes;
    this.pointer = changetype<usize>(bytes);
    this.size = bytes.byteLength;
    return this;
  }
}

/** Arguments of one call must not share their scratch. */
export const first = new Argument(FIRST);
export const second = new Argument(SECOND);
export const third = new Argument(THIRD);

/** The bytes that the host has put at the out-parameters; frees them. */
export function takeBytes(): Uint8Array {
  const pointer = load<usize>(OUT_POINTER);
  const size = load<u32>(OUT_SIZE);
  const bytes = new Uint8Array(size);
  if (size > 0) {
    memory.copy(bytes.dataStart, pointer, size);
    heap.free(pointer);
  }
  return bytes;
}

export function takeText(): string {
  const pointer = load<usize>(OUT_POINTER);
  const size = load<u32>(OUT_SIZE);
  if (size == 0) return "";
  const text = decodeMemory(pointer, size);
  heap.free(pointer);
  return text;
}
