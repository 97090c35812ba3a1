/** Ketama's ring as Envoy builds it: the same hosts and weights give the same ring, so the same key the same host. */
import type { Host } from './host.ts';
import type { Picker, PickerOptions } from './picker.ts';
import { type Hash64, xxHash64 } from './xxhash64.ts';

const DEFAULT_MINIMUM = 1024;
const MAXIMUM = 8 * 1024 * 1024;

interface Ring {
  high: Uint32Array;
  low: Uint32Array;
  host: Uint32Array;
}

export function ringHash(hosts: readonly Host[], { loadBalancer, shareOf, random }: PickerOptions): Picker {
  const ring = buildRing(hosts, hosts.map(shareOf!), loadBalancer.minimumRingSize ?? DEFAULT_MINIMUM);
  const size = ring.host.length;
  return (hash, attempt) => hosts[ring.host[(search(ring, hash ?? draw(random)) + attempt) % size]!];
}

/** A hash for a request that has none. */
export const draw = (random: () => number): Hash64 => ({
  hi: (random() * 2 ** 32) >>> 0,
  lo: (random() * 2 ** 32) >>> 0,
});

/**
 * The least-weighted host gets a whole number of places, the others follow as running sums, which is what keeps the ring
 * stable when hosts come and go.
 */
function buildRing(hosts: readonly Host[], shares: readonly number[], minimum: number): Ring {
  const least = shares.reduce((min, share) => Math.min(min, share));
  const scale = Math.min(Math.ceil(least * minimum) / least, MAXIMUM);
  const places: { hash: Hash64; host: number }[] = [];
  let target = 0;
  for (let host = 0; host < hosts.length; host++) {
    target += scale * shares[host]!;
    for (let i = 0; places.length < target; i++) places.push({ hash: xxHash64(`${hosts[host]!.key}_${i}`), host });
  }
  places.sort((a, b) => a.hash.hi - b.hash.hi || a.hash.lo - b.hash.lo);
  return {
    high: Uint32Array.from(places, ({ hash }) => hash.hi),
    low: Uint32Array.from(places, ({ hash }) => hash.lo),
    host: Uint32Array.from(places, ({ host }) => host),
  };
}

/** The first place at or behind the hash; behind the last one comes the first. */
function search({ high, low }: Ring, { hi, lo }: Hash64): number {
  let from = 0;
  let to = high.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const h = high[middle]!;
    if (h < hi || (h === hi && low[middle]! < lo)) from = middle + 1;
    else to = middle;
  }
  return from === high.length ? 0 : from;
}
