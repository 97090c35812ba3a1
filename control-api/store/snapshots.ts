/** The Snapshots that were published: immutable, named by their hash, and a pointer to the one that is live. Roll back = move the pointer. */
import type { Snapshot } from '../../gateway/snapshot.ts';
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
  // A Durable Object's row holds 2 MB at most, so a Snapshot is kept in pieces.
  'CREATE TABLE IF NOT EXISTS snapshot_parts (id TEXT NOT NULL, part INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (id, part)) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS pins (pinned_from TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS publications (revision INTEGER PRIMARY KEY, snapshot TEXT NOT NULL, time INTEGER NOT NULL, authors TEXT NOT NULL, reason TEXT NOT NULL)',
];

/** Characters of a part; four bytes each at the very worst. */
const PART_LENGTH = 450_000;
const KEPT_PUBLICATIONS = 100;

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
    const parts = [...this.parts(id)];
    return parts.length === 0 ? undefined : (JSON.parse(parts.join('')) as Snapshot);
  }

  /** The Snapshot's JSON in pieces; none when it is not kept. */
  *parts(id: string): Generator<string> {
    const rows = this.sql.exec('SELECT json FROM snapshot_parts WHERE id = ? ORDER BY part', id);
    for (const row of rows) yield String(row.json);
  }

  /** Keeps the Snapshot and makes it live, in one transaction: nobody ever sees the one without the other. */
  publish(snapshot: Snapshot, authors: readonly string[]): Publication {
    return this.sql.transaction(() => {
      if (!this.has(snapshot.id)) this.keep(snapshot);
      this.sql.exec('DELETE FROM pins');
      return this.point(snapshot.id, authors, 'publish');
    });
  }

  /** Keeps a Snapshot that is not live yet; it goes with the next publication that is another's. */
  stage(snapshot: Snapshot): void {
    this.sql.transaction(() => {
      if (!this.has(snapshot.id)) this.keep(snapshot);
    });
  }

  /**
   * Makes an older Snapshot live again; undefined when it is not kept any more. `from` is what the stored objects compile to:
   * as long as they do, the older one stays.
   */
  rollback(id: string, author: string, from: string | undefined): Publication | undefined {
    if (!this.has(id)) return undefined;
    return this.sql.transaction(() => {
      this.sql.exec('DELETE FROM pins');
      if (from !== undefined && from !== id) this.sql.exec('INSERT INTO pins VALUES (?)', from);
      return this.point(id, [author], 'rollback');
    });
  }

  /** What the stored objects compiled to when somebody rolled back from it. */
  get pinnedFrom(): string | undefined {
    return firstRow(this.sql.exec('SELECT pinned_from FROM pins'))?.pinned_from?.toString();
  }

  has(id: string): boolean {
    return firstRow(this.sql.exec('SELECT 1 AS found FROM snapshot_parts WHERE id = ? AND part = 0', id)) !== undefined;
  }

  private keep(snapshot: Snapshot): void {
    const json = JSON.stringify(snapshot);
    for (let part = 0; part * PART_LENGTH < json.length; part++) {
      const piece = json.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH);
      this.sql.exec('INSERT INTO snapshot_parts VALUES (?, ?, ?)', snapshot.id, part, piece);
    }
  }

  private point(id: string, authors: readonly string[], reason: Publication['reason']): Publication {
    const row = this.sql.exec(
      'INSERT INTO publications (snapshot, time, authors, reason) VALUES (?, ?, ?, ?) RETURNING revision',
      ...[id, Date.now(), JSON.stringify(authors), reason],
    );
    const revision = Number(firstRow(row)?.revision);
    this.sql.exec('DELETE FROM publications WHERE revision <= ?', revision - KEPT_PUBLICATIONS);
    this.sql.exec('DELETE FROM snapshot_parts WHERE id NOT IN (SELECT snapshot FROM publications)');
    return this.history(1)[0]!;
  }
}
