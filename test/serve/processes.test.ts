/** Gateway processes that die, that fall silent, and the one that keeps counters. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Gateway } from '../../cli/serve/gateway.ts';
import { ANY_PORT, ask, ENTRY } from './asking.ts';
import { children, until } from './children.ts';
import { listenerOf, snapshotOf } from './snapshots.ts';

describe('gateway processes', () => {
  const gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 2, entry: ENTRY, silentMs: 3000 });
  after(() => gateway.stop());
  const local = (port: number): number => gateway.localPorts().get(port) ?? assert.fail(`nothing listens for ${port}`);

  it('replaces a process that does not answer any more, while the others serve', { timeout: 30_000 }, async () => {
    await gateway.roll(snapshotOf('one', [listenerOf(80, [{}])]));
    const lost = ask(local(80), '/loop');
    await assert.rejects(lost, /ECONNRESET|socket hang up/);
    assert.equal(gateway.replaced, 1);
    // Whoever accepts: the other process, or the new one.
    for (let i = 0; i < 20; i++) assert.equal((await ask(local(80))).snapshot, 'one');
  });

  it('starts a process again that died', async () => {
    const before = children();
    process.kill(before[0]!, 'SIGKILL');
    await until(() => children().length === 2 && !children().includes(before[0]!));
    assert.equal((await ask(local(80))).snapshot, 'one');
  });

  it('gives the Worker the state process when the Snapshot has global limits', async () => {
    const limit = { phase: 'router' as const, config: { kind: 'ratelimit' } as never };
    await gateway.roll(snapshotOf('limits', [listenerOf(80, [{}], [limit])]));
    await gateway.drained();
    assert.deepEqual(await ask(local(80), '/state'), []);
  });
});
