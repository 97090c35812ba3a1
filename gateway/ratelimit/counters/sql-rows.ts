/** Counter rows in a Durable Object's SQLite. Writes are synchronous and one transaction a turn. */
import type { Answer } from './answers.ts';
import type { CounterUsage, CountReply } from './protocol.ts';
import type { CounterRows } from './table.ts';

type Sql = Pick<DurableObjectStorage['sql'], 'exec'>;
type SqlRow = { name: string; start: number; ends: number; count: number; max: number; moved: number };
type AnswerRow = { asker: string; number: number; replies: string; at: number };

/** Rows removed in one turn: nobody is to wait for a million of them. */
const AT_ONCE = 5000;

export class SqlRows implements CounterRows {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS counters (name TEXT NOT NULL, start INTEGER NOT NULL, ends INTEGER NOT NULL,
      count INTEGER NOT NULL, max INTEGER NOT NULL, moved INTEGER NOT NULL, PRIMARY KEY (name, start)) WITHOUT ROWID`);
    sql.exec('CREATE INDEX IF NOT EXISTS ended ON counters (ends)');
    sql.exec(`CREATE TABLE IF NOT EXISTS answers (asker TEXT PRIMARY KEY, number INTEGER NOT NULL, replies TEXT NOT NULL,
      at INTEGER NOT NULL) WITHOUT ROWID`);
  }

  answers(): Answer[] {
    const rows = this.#sql.exec<AnswerRow>('SELECT * FROM answers').toArray();
    return rows.map(({ asker, number, replies, at }) => ({
      from: asker,
      number,
      replies: JSON.parse(replies) as CountReply[],
      at,
    }));
  }

  writeAnswer({ from, number, replies, at }: Answer): void {
    this.#sql.exec('INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)', from, number, JSON.stringify(replies), at);
  }

  removeAnswers(at: number): void {
    this.#sql.exec('DELETE FROM answers WHERE at < ?', at);
  }

  read(name: string, start: number): CounterUsage | undefined {
    const [row] = this.#sql.exec<SqlRow>('SELECT * FROM counters WHERE name = ? AND start = ?', name, start).toArray();
    return row && rowOf(row);
  }

  write({ name, start, ends, count, limit, moved }: CounterUsage): void {
    const values = [name, start, ends, count, limit, moved ? 1 : 0];
    this.#sql.exec(
      `INSERT INTO counters (name, start, ends, count, max, moved) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET count = excluded.count, max = excluded.max, moved = excluded.moved`,
      ...values,
    );
  }

  removeEnded(second: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      'DELETE FROM counters WHERE (name, start) IN (SELECT name, start FROM counters WHERE ends <= ? LIMIT ?)',
      second,
      AT_ONCE,
    );
    return rowsWritten >= AT_ONCE;
  }

  isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM counters LIMIT 1').toArray().length === 0;
  }

  /** Open windows of the names that begin with `prefix`, the highest counts first. */
  top(prefix: string, now: number, most: number): CounterUsage[] {
    const rows = this.#sql.exec<SqlRow>(
      'SELECT * FROM counters WHERE ends > ? AND substr(name, 1, ?) = ? ORDER BY count DESC LIMIT ?',
      now,
      prefix.length,
      prefix,
      most,
    );
    return rows.toArray().map(rowOf);
  }

  /** Every open window of one name. */
  windows(name: string, now: number): CounterUsage[] {
    return this.#sql.exec<SqlRow>('SELECT * FROM counters WHERE name = ? AND ends > ?', name, now).toArray().map(rowOf);
  }
}

function rowOf({ name, start, ends, count, max, moved }: SqlRow): CounterUsage {
  return { name, start, ends, count, limit: max, moved: moved === 1 };
}
