/**
 * The live Snapshot out of Workers KV: read when an isolate starts, looked at again in the background, never waited for
 * after that. Whatever goes wrong, the last good one serves; before the first, the one that was deployed.
 */
import { Gateway } from './gateway.ts';
import { hostOf } from './route/virtual-host-table.ts';
import { bucketOf, joinShards, LIVE, type SnapshotHead, type SnapshotShard } from './snapshot-shards.ts';

/** The part of KVNamespace that is used. */
export interface SnapshotStore {
  get(key: string, options: { type: 'json'; cacheTtl?: number }): Promise<unknown>;
}

/** KV's own cache holds the head for 30 s at least, so looking more often shows little. */
const LOOK_AGAIN_MS = 5000;
const HEAD_CACHE_SECONDS = 30;
/** Content never changes under its key. */
const SHARD_CACHE_SECONDS = 86_400;

/** What a generation takes over: shards by key, and the buckets that requests have asked for. */
interface Inheritance {
  shards: ReadonlyMap<string, Promise<SnapshotShard>>;
  buckets: readonly number[];
}
const NOTHING: Inheritance = { shards: new Map(), buckets: [] };

/** One published Snapshot, as far as this isolate has needed it. */
class Generation {
  readonly head: SnapshotHead;
  readonly #store: SnapshotStore;
  readonly #gateways = new Map<number, Promise<Gateway>>();
  /** By key; a shard that did not change is taken over from the generation before. */
  readonly #shards = new Map<string, Promise<SnapshotShard>>();
  /** Only while this one is prepared, so that no chain of old ones stays in memory. */
  #before: Inheritance;

  constructor(head: SnapshotHead, store: SnapshotStore, before: Inheritance) {
    this.head = head;
    this.#store = store;
    this.#before = before;
  }

  get inheritance(): Inheritance {
    return { shards: this.#shards, buckets: [...this.#gateways.keys()] };
  }

  /** Has everything ready that the generation before was asked for; rejects when it cannot be read. */
  async prepare(bucket: number): Promise<void> {
    const wanted = new Set([bucket, ...this.#before.buckets]);
    await Promise.all([...wanted].map((one) => this.gateway(one)));
    this.#before = NOTHING;
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
    return new Gateway(joinShards(this.head, await Promise.all(keys.map((one) => this.#shard(one)))));
  }

  #shard(key: string): Promise<SnapshotShard> {
    const known = this.#shards.get(key) ?? this.#before.shards.get(key) ?? this.#read(key);
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

export class KvSnapshots {
  readonly #store: SnapshotStore;
  readonly #now: () => number;
  #current: Generation | undefined;
  #previous: Generation | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(store: SnapshotStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** The gateway for the authority's host; undefined when nothing was ever published or can be read: serve what was deployed. */
  async gateway(authority: string, waitUntil: (work: Promise<unknown>) => void): Promise<Gateway | undefined> {
    const bucket = bucketOf(hostOf(authority));
    if (this.#now() - this.#lookedAt >= LOOK_AGAIN_MS) {
      this.#lookedAt = this.#now();
      this.#looking = this.#look(bucket);
      waitUntil(this.#looking);
    }
    if (!this.#current) await this.#looking;
    const current = this.#current?.gateway(bucket);
    return current?.catch(() => this.#previous?.gateway(bucket).catch(() => undefined));
  }

  /** Swaps only when the shards that are in use have been read, so that no request waits for them or sees half. */
  async #look(bucket: number): Promise<void> {
    try {
      const head = await this.#store.get(LIVE, { type: 'json', cacheTtl: HEAD_CACHE_SECONDS });
      if (!head || (head as SnapshotHead).id === this.#current?.head.id) return;
      const next = new Generation(head as SnapshotHead, this.#store, this.#current?.inheritance ?? NOTHING);
      await next.prepare(bucket);
      this.#previous = this.#current;
      this.#current = next;
    } catch (error) {
      console.error(`bowsprit: the live Snapshot cannot be read: ${(error as Error).message}`);
    }
  }
}
