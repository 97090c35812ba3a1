/** Leases by name: whoever holds one renews it in time, or somebody else may take it. */
import { firstRow, type Sql } from './sql.ts';

export interface Lease {
  holder: string;
  /** Who to ask about it. */
  user: string;
  /** ms */
  expires: number;
}

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, holder TEXT NOT NULL, user TEXT NOT NULL, expires INTEGER NOT NULL)';

export class Locks {
  private readonly sql: Sql;

  constructor(sql: Sql) {
    this.sql = sql;
    sql.exec(SCHEMA);
  }

  /** undefined when `holder` has it now; else the lease that stands in the way. */
  take(name: string, lease: Lease, now = Date.now()): Lease | undefined {
    const row = firstRow(this.sql.exec('SELECT * FROM locks WHERE name = ? AND expires > ?', name, now));
    if (row && row.holder !== lease.holder) {
      return { holder: String(row.holder), user: String(row.user), expires: Number(row.expires) };
    }
    this.sql.exec('INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?)', name, lease.holder, lease.user, lease.expires);
    return undefined;
  }

  release(name: string, holder: string): void {
    this.sql.exec('DELETE FROM locks WHERE name = ? AND holder = ?', name, holder);
  }
}
