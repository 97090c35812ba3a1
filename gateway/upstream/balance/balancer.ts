/** A cluster's endpoints as this isolate knows them, and who takes the next request. Folded once for each Snapshot. */
import { endpointBinding } from '../../bindings.ts';
import type { Cluster } from '../../snapshot.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { EarlierTries } from './earlier-tries.ts';
import { Host, hostKey } from './host.ts';
import { foldLevel } from './level-picker.ts';
import { foldLevels, type PriorityLevels } from './locality.ts';
import { OutlierDetector } from './outlier-detector.ts';
import { isHashed, type Picker } from './picker.ts';
import type { Priorities } from './previous-priorities.ts';
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

interface FoldedLevels extends Priorities {
  /** Percent for each level; unused while there is one. */
  load: readonly number[];
  pickers: Picker[];
}

export class Balancer {
  readonly cluster: Cluster;
  /** A request's hash is looked at. */
  readonly hashed: boolean;
  readonly detector: OutlierDetector | undefined;
  readonly breaker: CircuitBreaker;
  readonly #hosts: Host[];
  #levels: PriorityLevels;
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
    this.#hosts = cluster.endpoints.map((endpoint) => {
      const binding = endpointBinding(cluster, endpoint);
      return known.get(hostKey(endpoint))?.continuedAs(endpoint, binding) ?? new Host(endpoint, since, binding);
    });
    this.#levels = foldLevels(cluster, [...this.#hosts]);
    this.hashed = isHashed(cluster.loadBalancer);
    this.#slowStart = foldSlowStart(cluster.loadBalancer.warmup, now);
    if (cluster.outlierDetection)
      this.detector = new OutlierDetector(cluster.outlierDetection, this.#hosts, () => this.#refold(), now());
    // Nobody is left to let them back in.
    else for (const host of this.#hosts) host.ejected = false;
  }

  /**
   * @param hash of the request, for consistent hashing
   * @param tried where this request's earlier tries went, avoided where chance allows it, as Envoy does
   * @returns undefined: no healthy upstream
   */
  pick(hash?: Hash64, tried?: EarlierTries): Host | undefined {
    this.detector?.look(this.#now());
    this.#folded ??= this.#fold();
    let host = this.#pickOnce(this.#folded, hash, 0, tried);
    for (let attempt = 1; attempt <= RESELECTIONS && host && tried?.hosts.includes(host); attempt++)
      host = this.#pickOnce(this.#folded, hash, attempt, tried);
    return host;
  }

  get hosts(): readonly Host[] {
    return this.#hosts;
  }

  /** As if the host were not of the cluster: its name has no address, so that Envoy would not know it either. */
  leaveOut(host: Host): void {
    this.#hosts.splice(this.#hosts.indexOf(host), 1);
    this.#levels = foldLevels(this.cluster, [...this.#hosts]);
    this.#refold();
  }

  #pickOnce(
    folded: FoldedLevels,
    hash: Hash64 | undefined,
    attempt: number,
    tried: EarlierTries | undefined,
  ): Host | undefined {
    const { pickers } = folded;
    if (pickers.length === 1) return pickers[0]!(hash, attempt);
    const level = levelAt(...this.#aim(folded, hash, tried));
    return level < 0 ? undefined : pickers[level]!(hash, attempt);
  }

  /** Hashing goes by the hash alone, also where a retry is to leave a priority. */
  #aim(folded: FoldedLevels, hash: Hash64 | undefined, tried: EarlierTries | undefined): [readonly number[], number] {
    if (this.hashed && hash) return [folded.load, modulo(hash, 100)];
    const load = this.hashed ? undefined : tried?.priorities?.load(folded.load, folded);
    return [load ?? folded.load, this.#random() * 100];
  }

  #refold(): void {
    this.#folded = undefined;
  }

  #fold(): FoldedLevels {
    const health = this.#levels.map((groups) => {
      const hosts = groups.flatMap((group) => group.hosts);
      return { total: hosts.length, healthy: hosts.filter((host) => !host.ejected).length };
    });
    const levelOf = new Map(
      this.#levels.flatMap((groups, level) =>
        groups.flatMap(({ hosts }) => hosts.map((host) => [host, level] as const)),
      ),
    );
    const { panic, ...priorities } = priorityLoad(health, this.cluster.outlierDetection?.minHealthPercent ?? 0);
    return {
      ...priorities,
      levelOf: (host) => levelOf.get(host),
      pickers: this.#levels.map((groups, level) =>
        foldLevel(groups, panic[level]!, {
          loadBalancer: this.cluster.loadBalancer,
          slowStart: this.#slowStart,
          random: this.#random,
          now: this.#now,
        }),
      ),
    };
  }
}

/** @param point 0 ≤ point < 100; @returns -1: nobody takes anything */
function levelAt(load: readonly number[], point: number): number {
  let end = 0;
  return load.findIndex((part) => {
    end += part;
    return point < end;
  });
}
