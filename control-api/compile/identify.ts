/** The Snapshot's name: a hash of its content, the same for the same content whatever order it was given in. */
import { createHash } from 'node:crypto';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { compare } from './names.ts';

/** How much text is hashed at a time: one string of 100,000 routes would be longer than V8 allows. */
const CHUNK = 1 << 18;

/**
 * First 16 hex digits of the SHA-256 of the canonical JSON. Listeners and mesh settings hold users' own JSON, so their
 * keys are sorted here. Virtual hosts and clusters are too many for that (it would be half of the compiler's time):
 * processors write their fields in one order and put users' maps through `sortKeys`.
 */
export function identify({ mesh, listeners, routeTables, clusters }: Omit<Snapshot, 'id'>): string {
  const hash = createHash('sha256');
  let chunk = JSON.stringify(sortKeys([mesh, listeners]));
  const add = (text: string) => {
    chunk += text;
    if (chunk.length < CHUNK) return;
    hash.update(chunk);
    chunk = '';
  };
  for (const { name, virtualHosts } of Object.values(routeTables)) {
    add(JSON.stringify(name));
    for (const virtualHost of virtualHosts) add(JSON.stringify(virtualHost));
  }
  for (const cluster of Object.values(clusters)) add(JSON.stringify(cluster));
  return hash.update(chunk).digest('hex').slice(0, 16);
}

/** The same JSON with the keys of every object in code-unit order. */
export function sortKeys<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sortKeys) as T;
  const entries = Object.entries(value).sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(entries.map(([key, field]) => [key, sortKeys(field)])) as T;
}
