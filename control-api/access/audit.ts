/** The audit log: every write and every refused call, who, what and when. Never a body, so never a secret. */
import type { Sql } from '../store/sql.ts';

export interface AuditEntry {
  time: string;
  user: string;
  verb: string;
  /** `networking.istio.io/virtualservices` */
  resource: string;
  namespace: string;
  name: string;
  /** HTTP status of the answer. */
  status: number;
  dryRun: boolean;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS audit (
  id INTEGER PRIMARY KEY, time INTEGER NOT NULL, user TEXT NOT NULL, verb TEXT NOT NULL, resource TEXT NOT NULL,
  namespace TEXT NOT NULL, name TEXT NOT NULL, status INTEGER NOT NULL, dry_run INTEGER NOT NULL)`;

const KEPT_ENTRIES = 100_000;

export class Audit {
  private readonly sql: Sql;

  constructor(sql: Sql) {
    this.sql = sql;
    sql.exec(SCHEMA);
  }

  record(entry: Omit<AuditEntry, 'time'>): void {
    const { user, verb, resource, namespace, name, status, dryRun } = entry;
    const rows = this.sql.exec(
      `INSERT INTO audit (time, user, verb, resource, namespace, name, status, dry_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      ...[Date.now(), user, verb, resource, namespace, name, status, dryRun ? 1 : 0],
    );
    for (const row of rows) this.sql.exec('DELETE FROM audit WHERE id <= ?', Number(row.id) - KEPT_ENTRIES);
  }

  /** Newest first. */
  recent(limit: number): AuditEntry[] {
    return [...this.sql.exec('SELECT * FROM audit ORDER BY id DESC LIMIT ?', limit)].map((row) => ({
      time: new Date(Number(row.time)).toISOString(),
      user: String(row.user),
      verb: String(row.verb),
      resource: String(row.resource),
      namespace: String(row.namespace),
      name: String(row.name),
      status: Number(row.status),
      dryRun: row.dry_run === 1,
    }));
  }
}
