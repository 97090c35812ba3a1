/** One published Snapshot out of a store, as far as an isolate has needed it. */
import { Gateway } from './gateway.ts';
import type { ServedCount } from './served-count.ts';
import { joinShards, type SnapshotHead, type SnapshotShard } from './snapshot-shards.ts';

/** The part of KVNamespace that is used. */
export interface SnapshotStore {
  get(key: string, options: { type: 'json'; cacheTtl?: number }): Promise<unknown>;
}

/** Under the key LIVE: what is live, and what some of the requests get while it shows whether it works. */
export interface Published extends SnapshotHead {
  candidate?: { head: SnapshotHead; percent: number };
}

/** Content never changes under its key. */
const SHARD_CACHE_SECONDS = 86_400;

export class SnapshotGeneration {
  readonly head: SnapshotHead;
  readonly #store: SnapshotStore;
  readonly #gateways = new Map<number, Promise<Gateway>>();
  readonly #ready: Gateway[] = [];
  /** By key; a shard that did not change is taken over from the generation before. */
  readonly #shards = new Map<string, Promise<SnapshotShard>>();
  /** Only until this one is prepared, so that no chain of old ones stays in memory. */
  #before: SnapshotGeneration | undefined;

  constructor(head: SnapshotHead, store: SnapshotStore, before: SnapshotGeneration | undefined) {
    this.head = head;
    this.#store = store;
    this.#before = before;
  }

  /** What was answered with it here. */
  get served(): ServedCount {
    const sum = { id: this.head.id, requests: 0, errors: 0 };
    for (const { requests, errors } of this.#ready) {
      sum.requests += requests;
      sum.errors += errors;
    }
    return sum;
  }

  get shards(): ReadonlyMap<string, Promise<SnapshotShard>> {
    return this.#shards;
  }

  /** The buckets that requests have asked for. */
  get buckets(): number[] {
    return [...this.#gateways.keys()];
  }

  /** Has everything ready that requests ask for; rejects when it cannot be read. */
  async prepare(buckets: Iterable<number>): Promise<void> {
    await Promise.all([...new Set(buckets)].map((one) => this.gateway(one)));
    this.#before = undefined;
  }

  gateway(bucket: number): Promise<Gateway> {
    const known = this.#gateways.get(bucket) ?? this.#load(this.head.buckets[bucket] ?? '');
    this.#gateways.set(bucket, known);
    // A failed read must not stay.
    known.catch(() => this.#gateways.delete(bucket));
    return known;
  }

  async #load(key: string): Promise<Gateway> {
    const keys = [this.head.common, ...(key ? [key] : [])];
    const gateway = new Gateway(joinShards(this.head, await Promise.all(keys.map((one) => this.#shard(one)))));
    this.#ready.push(gateway);
    return gateway;
  }

  #shard(key: string): Promise<SnapshotShard> {
    const known = this.#shards.get(key) ?? this.#before?.shards.get(key) ?? this.#read(key);
    this.#shards.set(key, known);
    known.catch(() => this.#shards.delete(key));
    return known;
  }

  async #read(key: string): Promise<SnapshotShard> {
    const shard = await this.#store.get(key, { type: 'json', cacheTtl: SHARD_CACHE_SECONDS });
    if (!shard) throw new Error(`the shard ${key} is not in the store yet`);
    return shard as SnapshotShard;
  }
}
