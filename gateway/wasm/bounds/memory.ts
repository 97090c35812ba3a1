/**
 * Gives a module's memory an upper bound, so that one that runs away hits its own wall: memory.grow then fails and the
 * module traps, where it would otherwise take the whole isolate (128 MB) with it. Only the memory section changes.
 */

import { leb, sections, unsigned } from './binary.ts';

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
