/** A change writes the shards of its hosts and no other; the head names everything by its content. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketOf } from '../../gateway/snapshot-shards.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../../test/support/snapshot.ts';
import { CompileMemo, NO_MEMO } from './memo.ts';
import { type Sharded, shardsOf } from './shards.ts';

const HOSTS = Array.from({ length: 50 }, (_, n) => `h${n}.test`);
const CLUSTERS = ['up', 'other', 'unused'].map((name) => clusterOf(name, [1]));
const hosts = (changed?: string) =>
  HOSTS.map((host) => virtualHostOf(host, [forwardTo(host === changed || host === 'h0.test' ? 'other' : 'up')]));

/** Keys of the shards of `after` that `before` does not have. */
const fresh = (before: Sharded, after: Sharded): string[] =>
  [...after.shards.keys()].filter((key) => !before.shards.has(key));

test('a change of one host is a change of one shard, and of the Snapshot’s name', () => {
  const before = shardsOf(snapshotOf(hosts(), CLUSTERS), NO_MEMO);
  const after = shardsOf(snapshotOf(hosts('h7.test'), CLUSTERS), NO_MEMO);
  assert.deepEqual(fresh(before, after), [after.head.buckets[bucketOf('h7.test')]]);
  assert.notEqual(after.head.id, before.head.id);
});

test('a wildcard, a cluster that no route names, and one that a filter names stand where every host finds them', () => {
  const snapshot = snapshotOf([...hosts(), virtualHostOf('*.test', [])], CLUSTERS);
  snapshot.listeners[0]!.httpFilters = [
    { phase: 'jwt', config: { kind: 'jwt_authn', providers: [{ jwksCluster: 'up' }] } },
  ] as unknown as (typeof snapshot.listeners)[0]['httpFilters'];
  const { head, shards } = shardsOf(snapshot, NO_MEMO);
  const common = shards.get(head.common)!;
  assert.deepEqual(Object.keys(common.clusters), ['unused', 'up']);
  assert.deepEqual(
    common.virtualHosts['http.80']?.map(({ name }) => name),
    ['*.test:80'],
  );
});

test('limits belong to the name', () => {
  const snapshot = snapshotOf(hosts(), CLUSTERS);
  const limited = { ...snapshot, limitDomains: { shop: {} } } as unknown as typeof snapshot;
  assert.notEqual(shardsOf(limited, NO_MEMO).head.id, shardsOf(snapshot, NO_MEMO).head.id);
});

test('shards of the very same parts are the very same shards', () => {
  const memo = new CompileMemo();
  const virtualHosts = hosts();
  const before = shardsOf(snapshotOf(virtualHosts, CLUSTERS), memo);
  const after = shardsOf(snapshotOf([...virtualHosts.slice(0, 49), virtualHostOf('h49.test', [])], CLUSTERS), memo);
  const kept = [...after.shards].filter(([key, shard]) => before.shards.get(key) === shard);
  assert.equal(kept.length, after.shards.size - 1);
});
