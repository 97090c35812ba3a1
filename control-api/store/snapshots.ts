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
  // `until`: the revision from which on no Snapshot has the shard; NULL while the live one does.
  'CREATE TABLE IF NOT EXISTS snapshot_shards (key TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID',
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
      return this.point(snapshot.head, authors, 'publish');
    });
  }

  /** Makes live what `stage` kept; undefined when it is not kept any more. */
  promote(id: string, authors: readonly string[]): Publication | undefined {
    const head = this.head(id);
    return head && this.sql.transaction(() => this.point(head, authors, 'publish'));
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
    const head = this.head(id);
    if (!head) return undefined;
    return this.sql.transaction(() => {
      const publication = this.point(head, [author], 'rollback');
      if (from !== undefined && from !== id) this.sql.exec('INSERT INTO pins VALUES (?)', from);
      return publication;
    });
  }

  /** What the stored objects compiled to when somebody rolled back from it. */
  get pinnedFrom(): string | undefined {
    return firstRow(this.sql.exec('SELECT pinned_from FROM pins'))?.pinned_from?.toString();
  }

  has(id: string): boolean {
    const row = this.sql.exec('SELECT 1 AS found FROM snapshot_texts WHERE name = ? AND part = 0', headName(id));
    return firstRow(row) !== undefined;
  }

  /** Shards that it shares with the live one are there. */
  private keep({ head, shards }: Sharded): void {
    if (this.has(head.id)) return;
    this.write(headName(head.id), head);
    const { revision, keys } = this.live();
    for (const [key, shard] of shards) {
      if (keys.has(key)) continue;
      const known = firstRow(this.sql.exec('SELECT 1 AS found FROM snapshot_shards WHERE key = ?', key));
      if (!known) this.write(key, shard);
      this.sql.exec('INSERT OR REPLACE INTO snapshot_shards VALUES (?, ?)', key, revision);
    }
  }

  private live(): { revision: number; keys: Set<string> } {
    const { snapshot, revision } = this.current ?? { snapshot: '', revision: 0 };
    const head = this.head(snapshot);
    return { revision, keys: head ? keysOf(head) : new Set() };
  }

  private write(name: string, value: unknown): void {
    const json = JSON.stringify(value);
    for (let part = 0; part * PART_LENGTH < json.length; part++) {
      const piece = json.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH);
      this.sql.exec('INSERT INTO snapshot_texts VALUES (?, ?, ?)', name, part, piece);
    }
  }

  private point(head: SnapshotHead, authors: readonly string[], reason: Publication['reason']): Publication {
    const before = this.live().keys;
    this.sql.exec('DELETE FROM pins');
    const row = this.sql.exec(
      'INSERT INTO publications (snapshot, time, authors, reason) VALUES (?, ?, ?, ?) RETURNING revision',
      ...[head.id, Date.now(), JSON.stringify(authors), reason],
    );
    const revision = Number(firstRow(row)?.revision);
    const now = keysOf(head);
    const mark = (key: string, until: number | null) =>
      this.sql.exec('UPDATE snapshot_shards SET until = ? WHERE key = ?', until, key);
    for (const key of before) if (!now.has(key)) mark(key, revision);
    for (const key of now) if (!before.has(key)) mark(key, null);
    this.forget(revision - KEPT_PUBLICATIONS);
    return this.history(1)[0]!;
  }

  /** Everything that only publications up to `revision` have, and heads that none has. */
  private forget(revision: number): void {
    this.sql.exec('DELETE FROM publications WHERE revision <= ?', revision);
    this.sql.exec(
      "DELETE FROM snapshot_texts WHERE name >= 'head/' AND name < 'head0' AND substr(name, 6) NOT IN (SELECT snapshot FROM publications)",
    );
    const gone = 'SELECT key FROM snapshot_shards WHERE until <= ?';
    this.sql.exec(`DELETE FROM snapshot_texts WHERE name IN (${gone})`, revision);
    this.sql.exec('DELETE FROM snapshot_shards WHERE until <= ?', revision);
  }
}
