/**
 * The Snapshots that were published: immutable, named by their hash, and a pointer to the one that is live. Roll back = move the
 * pointer. Each is a head and shards, and what two have in common is kept once.
 */
import type { Snapshot } from '../../gateway/snapshot.ts';
import { inOrder, joinShards, keysOf, type SnapshotHead, type SnapshotShard } from '../../gateway/snapshot-shards.ts';
import type { Sharded } from '../compile/shards.ts';
import { firstRow, type Sql } from './sql.ts';

export interface Publication {
  /** Counts up with every move of the pointer. */
  revision: number;
  snapshot: string;
  /** RFC 3339 */
  time: string;
  /** Who caused it; several when their writes were published together. */
  authors: string[];
  /** `publish`, or `rollback` of a Snapshot that was live before. */
  reason: 'publish' | 'rollback';
}

const SCHEMA = [
  // A Durable Object's row holds 2 MB at most, so a text is kept in pieces. Names are `head/ID` and the shards' keys.
  'CREATE TABLE IF NOT EXISTS snapshot_texts (name TEXT NOT NULL, part INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (name, part)) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS snapshot_shards (key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID',
  'CREATE INDEX IF NOT EXISTS shards_of_snapshot ON snapshot_shards (id)',
  'CREATE TABLE IF NOT EXISTS pins (pinned_from TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS publications (revision INTEGER PRIMARY KEY, snapshot TEXT NOT NULL, time INTEGER NOT NULL, authors TEXT NOT NULL, reason TEXT NOT NULL)',
];

/** Characters of a part; four bytes each at the very worst. */
const PART_LENGTH = 450_000;
const KEPT_PUBLICATIONS = 100;

const headName = (id: string): string => `head/${id}`;

export class Snapshots {
  private readonly sql: Sql;

  constructor(sql: Sql) {
    this.sql = sql;
    for (const statement of SCHEMA) sql.exec(statement);
  }

  /** The newest publication: what is live. */
  get current(): Publication | undefined {
    return this.history(1)[0];
  }

  /** Newest first. */
  history(limit: number): Publication[] {
    return [...this.sql.exec('SELECT * FROM publications ORDER BY revision DESC LIMIT ?', limit)].map((row) => ({
      revision: Number(row.revision),
      snapshot: String(row.snapshot),
      time: new Date(Number(row.time)).toISOString(),
      authors: JSON.parse(String(row.authors)) as string[],
      reason: row.reason as Publication['reason'],
    }));
  }

  get(id: string): Snapshot | undefined {
    const head = this.head(id);
    const shards = head && Array.from(keysOf(head), (key) => JSON.parse(this.text(key)) as SnapshotShard);
    return head && shards && inOrder(joinShards(head, shards));
  }

  /** undefined when the Snapshot is not kept. */
  head(id: string): SnapshotHead | undefined {
    const text = this.text(headName(id));
    return text === '' ? undefined : (JSON.parse(text) as SnapshotHead);
  }

  /** JSON of the shard `key`, or '' when it is not kept. */
  text(key: string): string {
    const rows = this.sql.exec('SELECT json FROM snapshot_texts WHERE name = ? ORDER BY part', key);
    return Array.from(rows, ({ json }) => String(json)).join('');
  }

  /** Keeps the Snapshot and makes it live, in one transaction: nobody ever sees the one without the other. */
  publish(snapshot: Sharded, authors: readonly string[]): Publication {
    return this.sql.transaction(() => {
      this.keep(snapshot);
      return this.point(snapshot.head.id, authors, 'publish');
    });
  }

  /** Makes live what `stage` kept; undefined when it is not kept any more. */
  promote(id: string, authors: readonly string[]): Publication | undefined {
    if (!this.has(id)) return undefined;
    return this.sql.transaction(() => this.point(id, authors, 'publish'));
  }

  /** Keeps a Snapshot that is not live yet; it goes with the next publication that is another's. */
  stage(snapshot: Sharded): void {
    this.sql.transaction(() => this.keep(snapshot));
  }

  /**
   * Makes an older Snapshot live again; undefined when it is not kept any more. `from` is what the stored objects compile to:
   * as long as they do, the older one stays.
   */
  rollback(id: string, author: string, from: string | undefined): Publication | undefined {
    if (!this.has(id)) return undefined;
    return this.sql.transaction(() => {
      const publication = this.point(id, [author], 'rollback');
      if (from !== undefined && from !== id) this.sql.exec('INSERT INTO pins VALUES (?)', from);
      return publication;
    });
  }

  /** What the stored objects compiled to when somebody rolled back from it. */
  get pinnedFrom(): string | undefined {
    return firstRow(this.sql.exec('SELECT pinned_from FROM pins'))?.pinned_from?.toString();
  }

  has(id: string): boolean {
    return this.isKept(headName(id));
  }

  private isKept(name: string): boolean {
    const row = this.sql.exec('SELECT 1 AS found FROM snapshot_texts WHERE name = ? AND part = 0', name);
    return firstRow(row) !== undefined;
  }

  private keep({ head, shards }: Sharded): void {
    if (this.has(head.id)) return;
    this.write(headName(head.id), head);
    for (const [key, shard] of shards) {
      if (!this.isKept(key)) this.write(key, shard);
      this.sql.exec('INSERT OR IGNORE INTO snapshot_shards VALUES (?, ?)', key, head.id);
    }
  }

  private write(name: string, value: unknown): void {
    const json = JSON.stringify(value);
    for (let part = 0; part * PART_LENGTH < json.length; part++) {
      const piece = json.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH);
      this.sql.exec('INSERT INTO snapshot_texts VALUES (?, ?, ?)', name, part, piece);
    }
  }

  private point(id: string, authors: readonly string[], reason: Publication['reason']): Publication {
    this.sql.exec('DELETE FROM pins');
    const row = this.sql.exec(
      'INSERT INTO publications (snapshot, time, authors, reason) VALUES (?, ?, ?, ?) RETURNING revision',
      ...[id, Date.now(), JSON.stringify(authors), reason],
    );
    const revision = Number(firstRow(row)?.revision);
    this.sql.exec('DELETE FROM publications WHERE revision <= ?', revision - KEPT_PUBLICATIONS);
    for (const gone of this.unpublished()) this.forget(gone);
    return this.history(1)[0]!;
  }

  /** Kept Snapshots that no publication is of. */
  private unpublished(): string[] {
    const rows = this.sql.exec(
      'SELECT DISTINCT id FROM snapshot_shards WHERE id NOT IN (SELECT snapshot FROM publications)',
    );
    return Array.from(rows, ({ id }) => String(id));
  }

  /** Its head, and the shards that no other Snapshot has. */
  private forget(id: string): void {
    const own = 'SELECT key FROM snapshot_shards AS s WHERE id = ?';
    const shared = 'SELECT 1 FROM snapshot_shards AS o WHERE o.key = s.key AND o.id <> ?';
    this.sql.exec(`DELETE FROM snapshot_texts WHERE name IN (${own} AND NOT EXISTS (${shared}))`, id, id);
    this.sql.exec('DELETE FROM snapshot_texts WHERE name = ?', headName(id));
    this.sql.exec('DELETE FROM snapshot_shards WHERE id = ?', id);
  }
}
