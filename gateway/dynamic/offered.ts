/** Snapshots that dynamic workers may ask this isolate for, by key. */
import type { Snapshot } from '../snapshot.ts';

/** A Snapshot comes in up to 256 pieces by host, and the one before is still in use when the next one comes. */
const MOST_OFFERED = 600;
const keys = new WeakMap<Snapshot, string>();
const snapshots = new Map<string, Snapshot>();
let count = 0;

/** The key under which a dynamic worker can have it. */
export function offer(snapshot: Snapshot): string {
  const known = keys.get(snapshot);
  if (known !== undefined && snapshots.has(known)) return known;
  // Unlike the Snapshot's id it tells pieces apart, and isolates that hold other pieces.
  const key = `${snapshot.id} ${++count} ${crypto.randomUUID()}`;
  keys.set(snapshot, key);
  snapshots.set(key, snapshot);
  const [oldest] = snapshots.keys();
  if (snapshots.size > MOST_OFFERED) snapshots.delete(oldest!);
  return key;
}

export const offered: Pick<Map<string, Snapshot>, 'get'> = snapshots;
