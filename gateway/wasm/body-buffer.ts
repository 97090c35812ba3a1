/** Bytes on their way through a body callback, with Envoy's rules for changing them. */
import { Status } from './abi.ts';

const EMPTY = new Uint8Array(0);

export class BodyBuffer {
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array = EMPTY) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  bytes(start: number, length: number): Uint8Array {
    return this.#bytes.subarray(start, start + length);
  }

  append(data: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? data : concat(this.#bytes, data);
  }

  take(): Uint8Array {
    const bytes = this.#bytes;
    this.#bytes = EMPTY;
    return bytes;
  }

  /**
   * Envoy changes a body only as a whole or at its ends: at 0 with length 0 it puts before, at 0 with the whole length it
   * replaces, from the end on it appends; anything else is BadArgument (Envoy 1.40, Buffer::copyFrom).
   */
  change(start: number, length: number, data: Uint8Array): Status {
    if (start === 0 && length === 0) this.#bytes = concat(data, this.#bytes);
    else if (start === 0 && length >= this.#bytes.length) this.#bytes = data.slice();
    else if (start > 0 && start >= this.#bytes.length) this.#bytes = concat(this.#bytes, data);
    else return Status.BadArgument;
    return Status.Ok;
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
