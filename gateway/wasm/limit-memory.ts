/**
 * Gives a module's memory an upper bound, so that one that runs away hits its own wall: memory.grow then fails and the
 * module traps, where it would otherwise take the whole isolate (128 MB) with it. Only the memory section changes.
 */

/** 64 MiB, or what the module starts with when that is more. */
export const MAXIMUM_PAGES = 1024;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const SHARED_OR_64_BIT = 6;

/** The module itself when its bound is low enough, or when it is none that this understands. */
export function limitMemory(module: Uint8Array, maximumPages = MAXIMUM_PAGES): Uint8Array {
  for (const { id, start, body, end } of sections(module)) {
    if (id !== MEMORY_SECTION) continue;
    const [count, afterCount] = unsigned(module, body);
    const flags = module[afterCount] ?? 0;
    const [minimum, afterMinimum] = unsigned(module, afterCount + 1);
    const [maximum] = flags & HAS_MAXIMUM ? unsigned(module, afterMinimum) : [Number.POSITIVE_INFINITY];
    const bound = Math.max(minimum, maximumPages);
    if (count !== 1 || flags & SHARED_OR_64_BIT || maximum <= bound) return module;
    const content = [1, HAS_MAXIMUM, ...leb(minimum), ...leb(bound)];
    const section = Uint8Array.from([MEMORY_SECTION, ...leb(content.length), ...content]);
    const limited = new Uint8Array(module.length - (end - start) + section.length);
    limited.set(module.subarray(0, start));
    limited.set(section, start);
    limited.set(module.subarray(end), start + section.length);
    return limited;
  }
  return module;
}

interface Section {
  id: number;
  /** Where its id stands, where its content begins, where it ends. */
  start: number;
  body: number;
  end: number;
}

export function* sections(module: Uint8Array): Iterable<Section> {
  for (let start = 8; start < module.length; ) {
    const [size, body] = unsigned(module, start + 1);
    const end = body + size;
    if (end > module.length) return;
    yield { id: module[start] ?? 0, start, body, end };
    start = end;
  }
}

/** LEB128: the number and where it ends. */
function unsigned(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  return [value, at];
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(Math.floor(value / 128))];
}
