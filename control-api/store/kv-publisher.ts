/** Publishes to Workers KV: shards first, then the head in one write, so that no isolate ever reads half a Snapshot. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Published } from '../../gateway/snapshot-generation.ts';
import { keysOf, LIVE } from '../../gateway/snapshot-shards.ts';
import type { Snapshots } from './snapshots.ts';
import type { Sql } from './sql.ts';

/** The part of KVNamespace that is used. */
export interface KvStore {
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

const SCHEMA = 'CREATE TABLE IF NOT EXISTS kv_shards (key TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID';
/** Isolates that still serve an older head may read its shards; the history can be rolled back to without them. */
const KEPT_PUBLICATIONS = 20;
/** KV takes one write a second for one key. */
const HEAD_PAUSE_MS = 1100;
const AT_ONCE = 6;
/** With growing pauses, some two minutes in all. */
const RETRIES = 6;

/** Snapshot ids: what is live, and what some of the requests get. */
export interface Wanted {
  live: string;
  candidate?: { id: string; percent: number };
}

export class KvPublisher {
  private readonly sql: Sql;
  private readonly kv: KvStore;
  private readonly snapshots: Pick<Snapshots, 'has' | 'head' | 'text'>;
  private readonly pauseMs: number;
  private wanted: Wanted | undefined;
  private working: Promise<void> | undefined;

  constructor(sql: Sql, kv: KvStore, snapshots: Pick<Snapshots, 'has' | 'head' | 'text'>, pauseMs = HEAD_PAUSE_MS) {
    this.sql = sql;
    this.kv = kv;
    this.snapshots = snapshots;
    this.pauseMs = pauseMs;
    sql.exec(SCHEMA);
  }

  /** Publishes, or whatever is wanted last while something is being published. Resolves when nothing is left to do; rejects when KV stays away. */
  publish(wanted: Wanted): Promise<void> {
    this.wanted = wanted;
    this.working ??= this.work().finally(() => {
      this.working = undefined;
    });
    return this.working;
  }

  private async work(): Promise<void> {
    for (let failures = 0; this.wanted !== undefined; ) {
      const wanted: Wanted = this.wanted;
      this.wanted = undefined;
      try {
        await this.write(wanted);
        failures = 0;
      } catch (error) {
        failures++;
        if (failures > RETRIES) throw error;
        this.wanted ??= wanted;
      }
      if (this.wanted !== undefined) await sleep(this.pauseMs * 2 ** failures);
    }
  }

  private async write({ live, candidate }: Wanted): Promise<void> {
    const head = this.snapshots.head(live);
    const staged = candidate && this.snapshots.head(candidate.id);
    if (!head) return;
    const keys = [...new Set([...keysOf(head), ...(staged ? keysOf(staged) : [])])];
    const kept = new Set([...this.sql.exec('SELECT key FROM kv_shards')].map(({ key }) => String(key)));
    const missing = keys.filter((key) => !kept.has(key));
    await inTurns(missing, async (key) => {
      const text = this.snapshots.text(key);
      if (text !== '') await this.kv.put(key, text);
    });
    // It may be gone when a hundred others were published meanwhile; the newest is next.
    if (!this.snapshots.has(head.id)) return;
    const published: Published = {
      ...head,
      ...(staged && { candidate: { head: staged, percent: candidate.percent } }),
    };
    await this.kv.put(LIVE, JSON.stringify(published));
    await this.forget(keys);
  }

  /** Marks what this publication uses, and deletes what none of the last ones used. */
  private async forget(used: string[]): Promise<void> {
    const [row] = [...this.sql.exec('SELECT coalesce(max(used), 0) + 1 AS turn FROM kv_shards')];
    const turn = Number(row?.turn);
    this.sql.transaction(() => {
      for (const key of used) this.sql.exec('INSERT OR REPLACE INTO kv_shards VALUES (?, ?)', key, turn);
    });
    const stale = [...this.sql.exec('SELECT key FROM kv_shards WHERE used <= ?', turn - KEPT_PUBLICATIONS)];
    await inTurns(stale, async ({ key }) => {
      await this.kv.delete(String(key));
      this.sql.exec('DELETE FROM kv_shards WHERE key = ?', String(key));
    });
  }
}

/** A Worker may have six connections open. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(work));
}
