/** The part of a Durable Object's SQLite that the store uses; node:sqlite fits behind it as well, which is how unit tests run. */
export type SqlValue = string | number | null;
export type Row = Record<string, SqlValue>;

export interface Sql {
  /** Runs one statement and gives its rows. */
  exec(query: string, ...bindings: SqlValue[]): Iterable<Row>;
  /** All or nothing: an exception undoes every statement that ran inside. */
  transaction<T>(body: () => T): T;
}

/** Adapts `ctx.storage` of a Durable Object. */
export function durableSql(storage: DurableObjectStorage): Sql {
  return {
    exec: (query, ...bindings) => storage.sql.exec(query, ...bindings) as Iterable<Row>,
    transaction: (body) => storage.transactionSync(body),
  };
}

export function firstRow(rows: Iterable<Row>): Row | undefined {
  for (const row of rows) return row;
  return undefined;
}
