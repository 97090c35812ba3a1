/**
 * The live Snapshot out of Workers KV: read when an isolate starts, looked at again in the background, never waited for
 * after that. Whatever goes wrong, the last good one serves; before the first, the one that was deployed. During a staged
 * rollout some requests get the candidate, and the control API is told how its answers were.
 */
import type { Gateway } from './gateway.ts';
import { hostOf } from './route/virtual-host-table.ts';
import type { ServedCount } from './served-count.ts';
import { type Published, SnapshotGeneration, type SnapshotStore } from './snapshot-generation.ts';
import { bucketOf, LIVE, type SnapshotHead } from './snapshot-shards.ts';

/** KV's own cache holds the head for 30 s at least, so looking more often shows little. */
const LOOK_AGAIN_MS = 5000;
const HEAD_CACHE_SECONDS = 30;
const REPORT_MS = 1000;

/**
 * Tells the control API what was answered since it was told last; resolves with the percentage of the requests that the
 * candidate gets from now on: 0 when it was taken back, which KV may show a minute later only.
 */
export type Report = (candidate: string, counts: ServedCount[]) => Promise<number>;

/** Makes ready what a Snapshot needs besides its shards, with the bindings of the request that is being served. */
export type Prepare = (head: SnapshotHead) => Promise<void>;

interface Candidate {
  generation: SnapshotGeneration;
  percent: number;
}

export class KvSnapshots {
  readonly #store: SnapshotStore;
  readonly #report: Report | undefined;
  readonly #now: () => number;
  #current: SnapshotGeneration | undefined;
  #previous: SnapshotGeneration | undefined;
  #candidate: Candidate | undefined;
  /** The control API's last word on a candidate; KV's is older. */
  #told: { id: string; percent: number } | undefined;
  readonly #reported = new Map<string, ServedCount>();
  #reportedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  /** Without `report` no request gets a candidate: nobody would learn of its errors. */
  constructor(store: SnapshotStore, report?: Report, now: () => number = Date.now) {
    this.#store = store;
    this.#report = report;
    this.#now = now;
  }

  /** The gateway for the authority's host; undefined when nothing was ever published or can be read: serve what was deployed. */
  async gateway(
    authority: string,
    waitUntil: (work: Promise<unknown>) => void,
    prepare?: Prepare,
  ): Promise<Gateway | undefined> {
    const bucket = bucketOf(hostOf(authority));
    if (this.#now() - this.#lookedAt >= LOOK_AGAIN_MS) {
      this.#lookedAt = this.#now();
      this.#looking = this.#look(bucket, prepare);
      waitUntil(this.#looking);
    }
    if (!this.#current) await this.#looking;
    if (this.#candidate) {
      const chosen = await this.#shared(this.#candidate, bucket, waitUntil);
      if (chosen) return chosen;
    }
    const current = this.#current?.gateway(bucket);
    return current?.catch(() => this.#previous?.gateway(bucket).catch(() => undefined));
  }

  /** The candidate's for its share of the requests; undefined for the others, and when it cannot be read. */
  async #shared(
    candidate: Candidate,
    bucket: number,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Gateway | undefined> {
    if (this.#report && this.#now() - this.#reportedAt >= REPORT_MS) {
      this.#reportedAt = this.#now();
      waitUntil(this.#tell(candidate, this.#report));
    }
    if (Math.random() * 100 >= candidate.percent) return undefined;
    return candidate.generation.gateway(bucket).catch(() => undefined);
  }

  /** Swaps only when the shards that are in use have been read, so that no request waits for them or sees half. */
  async #look(bucket: number, prepare: Prepare | undefined): Promise<void> {
    try {
      const published = await this.#store.get(LIVE, { type: 'json', cacheTtl: HEAD_CACHE_SECONDS });
      if (!published) return;
      const { candidate, ...head } = published as Published;
      const wanted = [bucket, ...(this.#current?.buckets ?? [])];
      if (head.id !== this.#current?.head.id) {
        const staged = this.#candidate?.generation;
        const next = staged?.head.id === head.id ? staged : new SnapshotGeneration(head, this.#store, this.#current);
        await next.prepare(wanted);
        await prepare?.(head);
        this.#previous = this.#current;
        this.#current = next;
      }
      if (candidate && this.#report) await prepare?.(candidate.head);
      await this.#stage(candidate, wanted);
    } catch (error) {
      console.error(`bowsprit: the live Snapshot cannot be read: ${(error as Error).message}`);
    }
  }

  async #stage(candidate: Published['candidate'], buckets: number[]): Promise<void> {
    if (!candidate || !this.#report) {
      this.#candidate = undefined;
      return;
    }
    const { id } = candidate.head;
    const percent = this.#told?.id === id ? this.#told.percent : candidate.percent;
    const known = this.#candidate?.generation;
    const generation =
      known?.head.id === id ? known : new SnapshotGeneration(candidate.head, this.#store, this.#current);
    await generation.prepare(buckets);
    this.#candidate = { generation, percent };
  }

  async #tell(candidate: Candidate, report: Report): Promise<void> {
    const { id } = candidate.generation.head;
    const totals = [candidate.generation, this.#current].flatMap((one) => (one ? [one.served] : []));
    try {
      const percent = await report(
        id,
        totals.map((total) => since(total, this.#reported.get(total.id))),
      );
      for (const total of totals) this.#reported.set(total.id, total);
      this.#told = { id, percent };
      if (this.#candidate === candidate) this.#candidate = { ...candidate, percent };
    } catch (error) {
      console.error(`bowsprit: the control API cannot be told of a rollout: ${(error as Error).message}`);
    }
  }
}

function since({ id, requests, errors }: ServedCount, before: ServedCount | undefined): ServedCount {
  return { id, requests: requests - (before?.requests ?? 0), errors: errors - (before?.errors ?? 0) };
}
