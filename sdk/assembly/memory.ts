/** How values cross between this module and the host: out-parameters, arguments, and memory that the host has filled. */
import { decodeMemory, narrowAscii } from "./utf8";

/** Where the host writes an address, a size and one further number. Static, so that a call needs no allocation. */
export const OUT_POINTER: usize = memory.data(8);
export const OUT_SIZE: usize = memory.data(8);
export const OUT_VALUE: usize = memory.data(8);

const INBOX_SIZE: usize = 1024;
const INBOX: usize = memory.data(1024);
let inboxTaken = false;

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
    if (length <= SCRATCH_SIZE && narrowAscii(changetype<usize>(text), this.scratch, length)) {
      this.pointer = this.scratch;
      this.size = length;
      return this;
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

/**
 * What the host asks for before it hands over a value. Nearly every value is short and read at once, so one place is enough
 * for them; while it is taken, or too small, the heap serves.
 */
export function allocateForHost(size: usize): usize {
  if (size > INBOX_SIZE || inboxTaken) return heap.alloc(size);
  inboxTaken = true;
  return INBOX;
}

/** Frees what allocateForHost gave. */
export function release(pointer: usize): void {
  if (pointer == INBOX) inboxTaken = false;
  else heap.free(pointer);
}

/** The bytes that the host has put at the out-parameters; frees them. */
export function takeBytes(): Uint8Array {
  const pointer = load<usize>(OUT_POINTER);
  const size = load<u32>(OUT_SIZE);
  const bytes = new Uint8Array(size);
  if (size > 0) {
    memory.copy(bytes.dataStart, pointer, size);
    release(pointer);
  }
  return bytes;
}

export function takeText(): string {
  const pointer = load<usize>(OUT_POINTER);
  const size = load<u32>(OUT_SIZE);
  if (size == 0) return "";
  const text = decodeMemory(pointer, size);
  release(pointer);
  return text;
}
