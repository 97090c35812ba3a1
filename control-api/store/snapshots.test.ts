import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memorySql } from '../../test/control/api.ts';
import { forwardTo, snapshotOf, virtualHostOf } from '../../test/support/snapshot.ts';
import { NO_MEMO } from '../compile/memo.ts';
import { type Sharded, shardsOf } from '../compile/shards.ts';
import { Snapshots } from './snapshots.ts';

const HOSTS = Array.from({ length: 12 }, (_, n) => `h${n}.test`);

/** Each host has one of a few contents, or is not there. */
function sharded(contents: readonly number[]): Sharded {
  const hosts = HOSTS.flatMap((host, index) =>
    contents[index] ? [virtualHostOf(host, [forwardTo(`v${contents[index]}`)])] : [],
  );
  return shardsOf(snapshotOf(hosts), NO_MEMO);
}

const rows = (sql: ReturnType<typeof memorySql>['sql']): number =>
  Number([...sql.exec('SELECT count(*) AS n FROM snapshot_texts')][0]?.n);

interface Action {
  what: string;
  contents: number[];
  back: number;
}

function act(snapshots: Snapshots, { what, back }: Action, made: Sharded): void {
  if (what === 'publish') snapshots.publish(made, []);
  else if (what === 'rollback') snapshots.rollback(snapshots.history(100)[back]?.snapshot ?? '', 'a', undefined);
  else {
    snapshots.stage(made);
    if (back > 2) snapshots.promote(made.head.id, []);
  }
}

test('whatever is published, rolled back to and staged: every kept Snapshot can be read whole', () => {
  const contents = fc.array(fc.nat(2), { minLength: HOSTS.length, maxLength: HOSTS.length });
  const action = fc.record({ what: fc.constantFrom('publish', 'rollback', 'stage'), contents, back: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
      const snapshots = new Snapshots(memorySql().sql);
      const known = new Map<string, Sharded>();
      for (const one of actions) {
        const made = sharded(one.contents);
        known.set(made.head.id, made);
        act(snapshots, one, made);
      }
      for (const { snapshot } of snapshots.history(100)) {
        const { head, shards } = known.get(snapshot)!;
        assert.deepEqual(snapshots.head(snapshot), head);
        for (const [key, shard] of shards) assert.equal(snapshots.text(key), JSON.stringify(shard));
      }
    }),
    { numRuns: 40 },
  );
});

test('a Snapshot is forgotten when a hundred others were published after it, with the shards that none of them has', () => {
  const { sql } = memorySql();
  const snapshots = new Snapshots(sql);
  const old = sharded([1, 2, 1]);
  snapshots.stage(sharded([2, 2, 2]));
  snapshots.publish(old, []);
  for (let i = 0; i < 110; i++) snapshots.publish(sharded([i % 2, 1]), []);
  assert.equal(snapshots.get(old.head.id), undefined);
  // Two heads, the common shard, a shard of each host.
  assert.equal(rows(sql), 5);
});

test('two Snapshots keep what they have in common once', () => {
  const { sql } = memorySql();
  const snapshots = new Snapshots(sql);
  snapshots.publish(sharded(HOSTS.map(() => 1)), []);
  const before = rows(sql);
  snapshots.publish(sharded(HOSTS.map((_, index) => (index === 0 ? 2 : 1))), []);
  assert.equal(rows(sql), before + 2);
});
