/** Maglev's table as Envoy fills it: hosts in the order of their keys, heavier ones in more of the rounds. */
import type { Host } from './host.ts';
import type { Picker, PickerOptions } from './picker.ts';
import { draw } from './ring-hash.ts';
import { type Hash64, modulo, xxHash64 } from './xxhash64.ts';

const DEFAULT_SIZE = 65_537;

export function maglev(hosts: readonly Host[], { loadBalancer, shareOf, random }: PickerOptions): Picker {
  const size = loadBalancer.tableSize ?? DEFAULT_SIZE;
  const table = buildTable(fillersOf(hosts, hosts.map(shareOf!), size), size);
  return (hash, attempt) => {
    const key = hash ?? draw(random);
    return hosts[table[modulo(attempt === 0 ? key : other(key, attempt), size)]!];
  };
}

/** A quite different hash for a retry: most bits flipped (Envoy: `hash ^= ~0 - attempt + 1`). */
function other({ hi, lo }: Hash64, attempt: number): Hash64 {
  return { hi: ~hi >>> 0, lo: (lo ^ -attempt) >>> 0 };
}

interface Filler {
  host: number;
  /** The next place this host prefers, and how far the one after it lies. */
  place: number;
  skip: number;
  weight: number;
  target: number;
}

function buildTable(fillers: readonly Filler[], size: number): Uint32Array {
  const heaviest = fillers.reduce((max, { weight }) => Math.max(max, weight), 0);
  const table = new Uint32Array(size);
  const taken = new Uint8Array(size);
  let filled = 0;
  for (let round = 1; filled < size; round++) {
    for (const filler of fillers) {
      if (filled === size) break;
      if (round * filler.weight < filler.target) continue;
      filler.target += heaviest;
      while (taken[filler.place]) filler.place = (filler.place + filler.skip) % size;
      table[filler.place] = filler.host;
      taken[filler.place] = 1;
      filled++;
    }
  }
  return table;
}

function fillersOf(hosts: readonly Host[], shares: readonly number[], size: number): Filler[] {
  return hosts
    .map(({ key }, host) => ({
      host,
      key,
      place: modulo(xxHash64(key), size),
      skip: modulo(xxHash64(key, 1), size - 1) + 1,
      weight: shares[host]!,
      target: 0,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}
