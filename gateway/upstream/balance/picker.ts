/** One load-balancing policy over one list of hosts. */
import type { LoadBalancer } from '../../snapshot.ts';
import { EdfScheduler } from './edf.ts';
import type { Host } from './host.ts';
import { maglev } from './maglev.ts';
import { ringHash } from './ring-hash.ts';
import type { SlowStart } from './slow-start.ts';
import type { Hash64 } from './xxhash64.ts';

/**
 * @param hash the request's hash; only consistent hashing looks at it, and draws one when there is none
 * @param attempt 0, then counted up while the host proposed before was one to avoid
 */
export type Picker = (hash: Hash64 | undefined, attempt: number) => Host | undefined;

/** What a policy may look at when its hosts are folded. */
export interface PickerOptions {
  loadBalancer: LoadBalancer;
  /** A host's part of all, 0 to 1, for consistent hashing; only there. */
  shareOf?: (host: Host) => number;
  slowStart: SlowStart | undefined;
  random: () => number;
  /** Milliseconds. */
  now: () => number;
}

export const isHashed = ({ policy }: LoadBalancer): boolean => policy === 'RING_HASH' || policy === 'MAGLEV';

/** `hosts` are those that may be used now, in the cluster's order. */
export function foldPicker(hosts: readonly Host[], options: PickerOptions): Picker {
  if (hosts.length === 0) return () => undefined;
  if (hosts.length === 1) return () => hosts[0];
  const { loadBalancer, random } = options;
  switch (loadBalancer.policy) {
    case 'RING_HASH':
      return ringHash(hosts, options);
    case 'MAGLEV':
      return maglev(hosts, options);
    case 'ROUND_ROBIN':
      return roundRobin(hosts, options);
    case 'LEAST_REQUEST':
      return leastRequest(hosts, options);
    default:
      return () => hosts[Math.floor(random() * hosts.length)];
  }
}

const alike = (hosts: readonly Host[]): boolean => hosts.every(({ weight }) => weight === hosts[0]!.weight);

function roundRobin(hosts: readonly Host[], { slowStart, random }: PickerOptions): Picker {
  if (slowStart || !alike(hosts)) {
    const weightOf = (host: Host) => host.weight * (slowStart?.(host) ?? 1);
    return scheduled(new EdfScheduler(hosts, weightOf), hosts.length, random);
  }
  let next = Math.floor(random() * hosts.length);
  return () => {
    if (next >= hosts.length) next = 0;
    return hosts[next++];
  };
}

/** Two choices by chance, the one with fewer requests wins; with weights the schedule, weight / (active + 1). */
function leastRequest(hosts: readonly Host[], { slowStart, random, now }: PickerOptions): Picker {
  if (slowStart || !alike(hosts)) {
    const weightOf = (host: Host) => (host.weight * (slowStart?.(host) ?? 1)) / (host.inFlight.count(now()) + 1);
    return scheduled(new EdfScheduler(hosts, weightOf), hosts.length, random);
  }
  return () => {
    const one = hosts[Math.floor(random() * hosts.length)]!;
    const other = hosts[Math.floor(random() * hosts.length)]!;
    const at = now();
    return other.inFlight.count(at) < one.inFlight.count(at) ? other : one;
  };
}

/** Starts the schedule at a random place, so that isolates do not all begin with the same host. */
function scheduled(schedule: EdfScheduler<Host>, length: number, random: () => number): Picker {
  for (let skip = Math.floor(random() * length); skip > 0; skip--) schedule.pick();
  return () => schedule.pick();
}
