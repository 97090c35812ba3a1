/** A cluster's endpoints as this isolate knows them, and who takes the next request. Folded once for each Snapshot. */
import type { Cluster } from '../../snapshot.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { EdfScheduler } from './edf.ts';
import { Host, hostKey } from './host.ts';
import { foldLevels, type LocalityGroup, type PriorityLevels } from './locality.ts';
import { OutlierDetector } from './outlier-detector.ts';
import { foldPicker, type Picker } from './picker.ts';
import { priorityLoad } from './priority-load.ts';
import { foldSlowStart, type SlowStart } from './slow-start.ts';
import { type Hash64, modulo } from './xxhash64.ts';

/** How often another host is asked for while the one proposed was tried before (Istio: host_selection_retry_max_attempts). */
const RESELECTIONS = 5;

export interface BalancerOptions {
  now?: () => number;
  random?: () => number;
  /** The balancer of the same cluster in the Snapshot before: what it learned about hosts goes on. */
  previous?: Balancer | undefined;
}

interface FoldedLevels {
  /** Upper ends of the shares of 100 each level takes; unused while there is one level. */
  ends: number[];
  pickers: Picker[];
}

export class Balancer {
  readonly cluster: Cluster;
  readonly hosts: readonly Host[];
  readonly detector: OutlierDetector | undefined;
  readonly breaker: CircuitBreaker;
  readonly #levels: PriorityLevels;
  readonly #slowStart: SlowStart | undefined;
  readonly #now: () => number;
  readonly #random: () => number;
  #folded: FoldedLevels | undefined;

  constructor(cluster: Cluster, { now = Date.now, random = Math.random, previous }: BalancerOptions = {}) {
    this.cluster = cluster;
    this.breaker = new CircuitBreaker(cluster);
    this.#now = now;
    this.#random = random;
    const known = new Map(previous?.hosts.map((host) => [host.key, host]));
    // Hosts of the first Snapshot of an isolate are not young: only what joins later is warmed up.
    const since = previous ? now() : Number.NEGATIVE_INFINITY;
    this.hosts = cluster.endpoints.map(
      (endpoint) => known.get(hostKey(endpoint))?.continuedAs(endpoint) ?? new Host(endpoint, since),
    );
    this.#levels = foldLevels(cluster, [...this.hosts]);
    this.#slowStart = foldSlowStart(cluster.loadBalancer.warmup, now);
    if (cluster.outlierDetection)
      this.detector = new OutlierDetector(cluster.outlierDetection, this.hosts, () => this.#refold(), now());
  }

  /**
   * @param hash of the request, for consistent hashing
   * @param tried hosts of this request's earlier tries, avoided where chance allows it, as Envoy's previous_hosts does
   * @returns undefined: no healthy upstream
   */
  pick(hash?: Hash64, tried?: readonly Host[]): Host | undefined {
    this.detector?.look(this.#now());
    this.#folded ??= this.#fold();
    let host = this.#pickOnce(this.#folded, hash, 0);
    if (tried === undefined || tried.length === 0) return host;
    for (let attempt = 1; attempt <= RESELECTIONS && host && tried.includes(host); attempt++)
      host = this.#pickOnce(this.#folded, hash, attempt);
    return host;
  }

  #pickOnce({ ends, pickers }: FoldedLevels, hash: Hash64 | undefined, attempt: number): Host | undefined {
    if (pickers.length === 1) return pickers[0]!(hash, attempt);
    const point = hash ? modulo(hash, 100) : this.#random() * 100;
    const level = ends.findIndex((end) => point < end);
    return level < 0 ? undefined : pickers[level]!(hash, attempt);
  }

  #refold(): void {
    this.#folded = undefined;
  }

  #fold(): FoldedLevels {
    const health = this.#levels.map((groups) => {
      const hosts = groups.flatMap((group) => group.hosts);
      return { total: hosts.length, healthy: hosts.filter((host) => !host.ejected).length };
    });
    const { load, panic } = priorityLoad(health, this.cluster.outlierDetection?.minHealthPercent ?? 0);
    let end = 0;
    const ends = load.map((part) => {
      end += part;
      return end;
    });
    return { ends, pickers: this.#levels.map((groups, level) => this.#foldLevel(groups, panic[level]!)) };
  }

  #foldLevel(groups: LocalityGroup[], panic: boolean): Picker {
    const usable = groups
      .map(({ weight, hosts }) => {
        const healthy = panic ? hosts : hosts.filter((host) => !host.ejected);
        return { weight: weight * Math.min(1, (1.4 * healthy.length) / hosts.length), hosts: healthy };
      })
      .filter(({ hosts }) => hosts.length > 0);
    if (usable.length <= 1) return this.#foldPicker(usable[0]?.hosts ?? []);
    const { policy } = this.cluster.loadBalancer;
    if (policy === 'RING_HASH' || policy === 'MAGLEV') return this.#foldPicker(...flatten(usable));
    const localities = usable.map(({ weight, hosts }) => ({ weight, pick: this.#foldPicker(hosts) }));
    const schedule = new EdfScheduler(localities, ({ weight }) => weight);
    return (hash, attempt) => schedule.pick()!.pick(hash, attempt);
  }

  #foldPicker(hosts: readonly Host[], weightOf = (host: Host): number => host.weight): Picker {
    const { loadBalancer } = this.cluster;
    return foldPicker(hosts, {
      loadBalancer,
      weightOf,
      slowStart: this.#slowStart,
      random: this.#random,
      now: this.#now,
    });
  }
}

/** Consistent hashing has one table: a host's weight is its part of its locality's share. */
function flatten(groups: LocalityGroup[]): [hosts: Host[], weightOf: (host: Host) => number] {
  const weights = new Map<Host, number>();
  for (const { weight, hosts } of groups) {
    const total = hosts.reduce((sum, host) => sum + host.weight, 0);
    for (const host of hosts) weights.set(host, (weight * host.weight) / total);
  }
  return [[...weights.keys()], (host) => weights.get(host)!];
}
