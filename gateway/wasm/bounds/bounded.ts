/** A module as it runs: what was given, with an upper bound to its memory and to the work of each callback. */
import { limitMemory } from './memory.ts';
import { limitWork } from './work.ts';

/** Goes into the names of files that keep bounded modules: another number whenever the bounds change. */
export const BOUNDS_VERSION = 2;

export function bounded(module: Uint8Array): Uint8Array {
  return limitWork(limitMemory(module));
}
