/** Publishes to Workers KV: shards first, then the head in one write, so that no isolate ever reads half a Snapshot. */
import { createHash } from 'node:crypto';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { LIVE, splitSnapshot } from '../../gateway/snapshot-shards.ts';
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

export class KvPublisher {
  private readonly sql: Sql;
  private readonly kv: KvStore;
  private readonly read: (id: string) => Snapshot | undefined;
  private readonly pauseMs: number;
  private wanted: string | undefined;
  private working: Promise<void> | undefined;

  constructor(sql: Sql, kv: KvStore, read: (id: string) => Snapshot | undefined, pauseMs = HEAD_PAUSE_MS) {
    this.sql = sql;
    this.kv = kv;
    this.read = read;
    this.pauseMs = pauseMs;
    sql.exec(SCHEMA);
  }

  /** Publishes Snapshot `id`, or whatever is wanted last while one is being published. Resolves when nothing is left to do. */
  publish(id: string): Promise<void> {
    this.wanted = id;
    this.working ??= this.work().finally(() => {
      this.working = undefined;
    });
    return this.working;
  }

  private async work(): Promise<void> {
    while (this.wanted !== undefined) {
      const snapshot = this.read(this.wanted);
      this.wanted = undefined;
      if (snapshot) await this.write(snapshot);
      if (this.wanted !== undefined) await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
    }
  }

  private async write(snapshot: Snapshot): Promise<void> {
    const { head, shards } = splitSnapshot(snapshot, sha256);
    const kept = new Set([...this.sql.exec('SELECT key FROM kv_shards')].map(({ key }) => String(key)));
    const missing = [...shards].filter(([key]) => !kept.has(key));
    await inTurns(missing, ([key, text]) => this.kv.put(key, text));
    await this.kv.put(LIVE, JSON.stringify(head));
    await this.forget([...shards.keys()]);
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

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** A Worker may have six connections open. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(work));
}
