import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { labelSelector } from '../rest/selectors.ts';
import { watch } from '../rest/watch.ts';
import { ExpiredError, ObjectStore } from './objects.ts';
import type { Row, Sql } from './sql.ts';

function memory(): Sql {
  const db = new DatabaseSync(':memory:');
  return {
    exec: (query, ...bindings) => db.prepare(query).all(...bindings) as Row[],
    transaction(body) {
      db.exec('BEGIN');
      try {
        const result = body();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

const resource = 'networking.istio.io/virtualservices';
const key = (name: string, namespace = 'default') => ({ resource, namespace, name });
const version = (stored: { metadata?: unknown } | undefined) =>
  (stored?.metadata as { resourceVersion: string } | undefined)?.resourceVersion;
const object = (name: string, labels = {}) => ({ metadata: { name, namespace: 'default', labels } });

test('every write takes the next resourceVersion, a deletion too', () => {
  const store = new ObjectStore(memory());
  assert.equal(version(store.put(key('a'), object('a'))), '1');
  store.put(key('a'), object('a'));
  assert.equal(version(store.delete(key('a'))), '3');
  assert.equal(store.get(key('a')), undefined);
  assert.equal(store.version, 3);
});

test('a list pages in order and keeps to its namespace', () => {
  const store = new ObjectStore(memory());
  for (const name of ['c', 'a', 'b']) store.put(key(name), object(name));
  store.put(key('z', 'other'), object('z'));
  const names = (objects: Iterable<{ metadata?: unknown }>) =>
    [...objects].map((o) => (o.metadata as { name: string }).name);
  assert.deepEqual(names(store.list(resource, 'default', undefined, 2)), ['a', 'b']);
  assert.deepEqual(names(store.list(resource, 'default', { namespace: 'default', name: 'b' })), ['c']);
  assert.deepEqual(names(store.list(resource, '')), ['a', 'b', 'c', 'z']);
});

test('a resumed watch continues without a gap, and one from before the log is expired', () => {
  const store = new ObjectStore(memory());
  store.put(key('a'), object('a'));
  store.put(key('b'), object('b'));
  assert.deepEqual(
    [...store.changesSince(1, resource)].map((c) => [c.resourceVersion, c.type, c.name]),
    [[2, 'ADDED', 'b']],
  );
  assert.throws(() => [...store.changesSince(99, resource)], ExpiredError);
});

test('an object that stops matching a selector is deleted for that watcher', async () => {
  const store = new ObjectStore(memory());
  store.put(key('a'), object('a', { app: 'x' }));
  const stream = watch(
    store,
    {
      resource,
      apiVersion: 'v1',
      kind: 'K',
      namespace: 'default',
      selector: labelSelector('app=x'),
      since: 0,
      marksInitial: false,
      bookmarks: false,
      timeoutMs: 50,
    },
    (o) => o,
  );
  store.put(key('a'), object('a', { app: 'y' }));
  const lines = (await new Response(stream).text()).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ['ADDED', 'DELETED'],
  );
});
