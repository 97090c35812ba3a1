/**
 * The name of a counter: prefix, domain, every entry and the window's start. It holds neither the limit nor the unit, so
 * a changed number keeps the count, and two limits of the same entries whose windows start together share one.
 */
import type { Entry } from './limit-tree.ts';

/** Everything but the window: the same for all windows of one descriptor, and what decides which object counts it. */
export function counterName(
  prefix: string,
  domain: string,
  entries: readonly Entry[],
  sharedValues?: readonly (string | undefined)[],
): string {
  let name = `${prefix}${domain}_`;
  for (let index = 0; index < entries.length; index++) {
    const { key, value } = entries[index] as Entry;
    name += `${key}_${sharedValues?.[index] ?? value}_`;
  }
  return name;
}
