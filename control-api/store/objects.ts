/**
 * The objects that the API keeps, and the log of their changes. Every write takes the next number of one counter, the
 * resourceVersion; the log is what watches read, so a watch that resumes never misses or repeats a change.
 */
import type { Json } from '../rest/apply/fields.ts';
import { firstRow, type Row, type Sql } from './sql.ts';

export interface ObjectKey {
  /** `networking.istio.io/virtualservices`; '/configmaps' for the core group. */
  resource: string;
  /** '' for cluster-scoped kinds. */
  namespace: string;
  name: string;
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change extends ObjectKey {
  resourceVersion: number;
  type: ChangeType;
  object: Json;
  /** The object before the change, so that a selector can tell entering from leaving. */
  before: Json | undefined;
}

/** Where in a list an object stands. */
export type Place = Pick<ObjectKey, 'namespace' | 'name'>;
export const START: Place = { namespace: '', name: '' };

export interface StoredObject extends Place {
  json: string;
}

/** The wanted resourceVersion is older than the log: HTTP 410, the client lists again. */
export class ExpiredError extends Error {
  readonly code = 'EXPIRED';
}

/** How many changes the log keeps; the newest always, because the counter goes on from it. At some 3 KB each this is under 100 MB of SQLite on disk. */
const KEPT_CHANGES = 20_000;

/** The log is cut once for so many changes. */
const CHANGES_A_CLEARING = 100;

const WHERE = 'WHERE resource = ? AND namespace = ? AND name = ?';

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS objects (
     resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL,
     PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS changes (
     version INTEGER PRIMARY KEY, type TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL,
     name TEXT NOT NULL, json TEXT NOT NULL, before TEXT)`,
];

export class ObjectStore {
  private readonly sql: Sql;
  private readonly listeners = new Set<(change: Change) => void>();
  /** Nobody else writes, so it need not be asked for. */
  private newest: number | undefined;

  constructor(sql: Sql) {
    this.sql = sql;
    for (const statement of SCHEMA) sql.exec(statement);
  }

  /** The number of the newest change; 0 in an empty store. */
  get version(): number {
    this.newest ??= Number(firstRow(this.sql.exec('SELECT max(version) AS newest FROM changes'))?.newest ?? 0);
    return this.newest;
  }

  get(key: ObjectKey): Json | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : parse(text);
  }

  private text({ resource, namespace, name }: ObjectKey): string | undefined {
    return firstRow(this.sql.exec(`SELECT json FROM objects ${WHERE}`, resource, namespace, name))?.json?.toString();
  }

  /** In order of namespace and name, after `after` (exclusive), at most `limit`. An empty namespace lists all of them. */
  *list(resource: string, namespace: string, after?: Place, limit?: number): Generator<Json> {
    for (const { json } of this.rows(resource, namespace, after, limit)) yield parse(json);
  }

  /** The same as they are kept, which is as they are read when nobody looks into them. */
  *rows(resource: string, namespace: string, after: Place = START, limit = -1): Generator<StoredObject> {
    // Of one namespace only its names are compared: SQLite would begin with the first of them for every page.
    const [where, bindings] =
      namespace === ''
        ? ['(namespace, name) > (?, ?)', [after.namespace, after.name]]
        : ['namespace = ? AND name > ?', [namespace, after.name]];
    const rows = this.sql.exec(
      `SELECT namespace, name, json FROM objects WHERE resource = ? AND ${where} ORDER BY namespace, name LIMIT ?`,
      ...[resource, ...bindings, limit],
    );
    for (const row of rows) yield { namespace: String(row.namespace), name: String(row.name), json: String(row.json) };
  }

  count(resource?: string): number {
    const rows =
      resource === undefined
        ? this.sql.exec('SELECT count(*) AS n FROM objects')
        : this.sql.exec('SELECT count(*) AS n FROM objects WHERE resource = ?', resource);
    return Number(firstRow(rows)?.n ?? 0);
  }

  /** Writes the object with its new resourceVersion in it, and logs the change. Returns what was stored. */
  put(key: ObjectKey, object: Json): Json {
    const before = this.text(key);
    return this.write(key, before === undefined ? 'ADDED' : 'MODIFIED', object, before);
  }

  /** The object as it was when it went, with the resourceVersion of its going; undefined when there was none. */
  delete(key: ObjectKey): Json | undefined {
    const before = this.text(key);
    return before === undefined ? undefined : this.write(key, 'DELETED', parse(before), before);
  }

  private write(key: ObjectKey, type: ChangeType, written: Json, before: string | undefined): Json {
    const resourceVersion = this.version + 1;
    const object = withVersion(written, resourceVersion);
    const json = JSON.stringify(object);
    this.sql.transaction(() => {
      this.sql.exec(
        'INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[resourceVersion, type, key.resource, key.namespace, key.name, json, before ?? null],
      );
      if (resourceVersion % CHANGES_A_CLEARING === 0)
        this.sql.exec('DELETE FROM changes WHERE version <= ?', resourceVersion - KEPT_CHANGES);
      if (type === 'DELETED') this.sql.exec(`DELETE FROM objects ${WHERE}`, key.resource, key.namespace, key.name);
      else
        this.sql.exec(
          'INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)',
          ...[key.resource, key.namespace, key.name, resourceVersion, json],
        );
    });
    this.newest = resourceVersion;
    const change = { ...key, type, object, before: before === undefined ? undefined : parse(before), resourceVersion };
    for (const listener of this.listeners) listener(change);
    return object;
  }

  /** The changes after `version`, in order, at most `limit`. Throws ExpiredError when the log no longer reaches that far back. */
  *changesSince(version: number, resource: string, limit = -1): Generator<Change> {
    this.requireLogged(version);
    for (const row of this.sql.exec(
      'SELECT * FROM changes WHERE version > ? AND resource = ? ORDER BY version LIMIT ?',
      ...[version, resource, limit],
    )) {
      yield toChange(row);
    }
  }

  /** Throws ExpiredError when the log does not hold every change after `version`. */
  requireLogged(version: number): void {
    const oldest = Number(firstRow(this.sql.exec('SELECT min(version) AS oldest FROM changes'))?.oldest ?? 0);
    if (version < oldest - 1 || version > this.version)
      throw new ExpiredError(`resourceVersion ${version} is not in the log`);
  }

  /** Calls back after every committed change; the returned function ends it. */
  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

const parse = (json: SqlJson): Json => JSON.parse(String(json)) as Json;
type SqlJson = Row[string] | undefined;

function toChange(row: Row): Change {
  return {
    resourceVersion: Number(row.version),
    type: row.type as ChangeType,
    resource: String(row.resource),
    namespace: String(row.namespace),
    name: String(row.name),
    object: parse(row.json),
    before: row.before === null ? undefined : parse(row.before),
  };
}

function withVersion(object: Json, version: number): Json {
  return { ...object, metadata: { ...(object.metadata as Json), resourceVersion: String(version) } };
}
