/** The control API in this process, over SQLite in memory: the same application that the Durable Object runs. */

import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Audit } from '../../control-api/access/audit.ts';
import { authenticator } from '../../control-api/access/authenticate.ts';
import { Tokens } from '../../control-api/access/tokens.ts';
import type { Grant } from '../../control-api/access/user.ts';
import { createApp } from '../../control-api/rest/app.ts';
import { COMPILED, Inventory } from '../../control-api/store/inventory.ts';
import { Locks } from '../../control-api/store/locks.ts';
import { ObjectStore } from '../../control-api/store/objects.ts';
import { Publisher } from '../../control-api/store/publisher.ts';
import { Sealer } from '../../control-api/store/sealer.ts';
import { Snapshots } from '../../control-api/store/snapshots.ts';
import type { Row, Sql } from '../../control-api/store/sql.ts';
import { StagedRollouts } from '../../control-api/store/staged-rollouts.ts';
import type { CounterOperations } from '../../gateway/ratelimit/counters/protocol.ts';

export interface Api {
  store: ObjectStore;
  snapshots: Snapshots;
  publisher: Publisher;
  tokens: Tokens;
  audit: Audit;
  /** Every byte that is kept, as a disk would show it. */
  dump(): string;
  /** A token with these grants, for an hour. */
  token(user: string, ...grants: Grant[]): Promise<string>;
  /** A stream that stays open. */
  open(path: string, token: string): Promise<Open>;
  call(
    method: string,
    path: string,
    options?: CallOptions,
  ): Promise<{ status: number; text: string; headers: Headers }>;
}

/** A stream that goes on until it is cancelled. */
type Open = ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;

export interface CallOptions {
  token?: string;
  body?: unknown;
  type?: string;
  headers?: Record<string, string>;
}

export function memorySql(): { sql: Sql; dump(): string } {
  const db = new DatabaseSync(':memory:');
  const sql: Sql = {
    exec: (query, ...bindings) => db.prepare(query).all(...bindings) as Row[],
    transaction(body) {
      db.exec('SAVEPOINT t');
      try {
        const result = body();
        db.exec('RELEASE t');
        return result;
      } catch (error) {
        db.exec('ROLLBACK TO t; RELEASE t');
        throw error;
      }
    },
  };
  const tables = () => db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
  return { sql, dump: () => JSON.stringify(tables().map(({ name }) => db.prepare(`SELECT * FROM ${name}`).all())) };
}

export function startApi(): Api {
  const { sql, dump } = memorySql();
  const store = new ObjectStore(sql);
  for (const name of ['default', 'other', 'istio-system']) {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid: name, generation: 1 } };
    store.put({ resource: '/namespaces', namespace: '', name }, object);
  }
  const snapshots = new Snapshots(sql);
  const inventory = new Inventory(store, COMPILED, () => {});
  const publisher = new Publisher(store, inventory, snapshots, new StagedRollouts(sql));
  const tokens = new Tokens(sql);
  const audit = new Audit(sql);
  const sealer = new Sealer(randomBytes(32).toString('base64'));
  const authenticate = authenticator(tokens);
  const counters = counterFake();
  const locks = new Locks(sql);
  const app = createApp({ store, snapshots, publisher, tokens, audit, sealer, authenticate, locks, counters });
  return {
    ...{ store, snapshots, publisher, tokens, audit, dump },
    token: async (user, ...grants) => (await tokens.issue(user, grants, Date.now() + 3_600_000)).secret,
    open: async (path, token) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await app.fetch(new Request(`https://api.test${path}`, { headers }));
      return answer.body as unknown as Open;
    },
    call: async (method, path, { token, body, type = 'application/json', headers = {} } = {}) => {
      const sent = { ...headers, ...(token && { authorization: `Bearer ${token}` }), 'content-type': type };
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const request = new Request(`https://api.test${path}`, { method, headers: sent, ...(text && { body: text }) });
      const answer = await app.fetch(request);
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
  };
}

/** One open counter, until it is set back. */
function counterFake(): CounterOperations {
  const open = [{ name: 'd_k_v_', start: 0, ends: 2 ** 40, count: 3, limit: 5, moved: false }];
  return {
    usage: async (prefix) => open.filter(({ name }) => name.startsWith(prefix)),
    reset: async (name) => (open[0]?.name === name ? open.splice(0) : []),
  };
}
