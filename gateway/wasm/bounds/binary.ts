/** Reading and writing a module's bytes: its sections and their numbers (WebAssembly core specification, 5 Binary Format). */

export interface Section {
  id: number;
  /** Where its id stands, where its content begins, where it ends. */
  start: number;
  body: number;
  end: number;
}

/** Ends early where the module is cut short. */
export function* sections(module: Uint8Array): Iterable<Section> {
  for (let start = 8; start < module.length; ) {
    const [size, body] = unsigned(module, start + 1);
    const end = body + size;
    if (end > module.length) return;
    yield { id: module[start] ?? 0, start, body, end };
    start = end;
  }
}

/** LEB128 of at most 32 bits: the number and where it ends. */
export function unsigned(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  return [value, at];
}

/** Where a LEB128 number of any width ends. */
export function afterLeb(bytes: Uint8Array, at: number): number {
  while ((bytes[at] ?? 0) >= 128) at++;
  return at + 1;
}

export function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(Math.floor(value / 128))];
}

/** Signed LEB128, as `i32.const` has it. */
export function signedLeb(value: number): number[] {
  const isLast = value >= -64 && value < 64;
  return isLast ? [value & 127] : [(value & 127) | 128, ...signedLeb(Math.floor(value / 128))];
}

/** Bytes that grow, for a module that is written anew. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #size = 0;

  constructor(expected: number) {
    this.#bytes = new Uint8Array(expected);
  }

  put(...bytes: number[]): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  copy(from: Uint8Array, start = 0, end = from.length): void {
    this.#reserve(end - start);
    this.#bytes.set(from.subarray(start, end), this.#size);
    this.#size += end - start;
  }

  /** A section, or anything else that is preceded by its size. */
  sized(content: Uint8Array): void {
    this.put(...leb(content.length));
    this.copy(content);
  }

  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#size);
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#size + more));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}
