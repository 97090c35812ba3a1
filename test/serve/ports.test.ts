/** Ports that a Snapshot adds, drops, or cannot have. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Gateway } from '../../cli/serve/gateway.ts';
import { freePort } from '../support/free-port.ts';
import { ANY_PORT, ask, ENTRY } from './asking.ts';
import { listenerOf, snapshotOf } from './snapshots.ts';

describe('local ports', () => {
  const gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 1, entry: ENTRY });
  after(() => gateway.stop());

  it('closes the sockets of ports that are gone', async () => {
    await gateway.roll(snapshotOf('two', [listenerOf(80, [{}]), listenerOf(8080, [{}])]));
    assert.deepEqual([...gateway.localPorts().keys()], [80, 8080]);
    await gateway.roll(snapshotOf('one', [listenerOf(80, [{}])]));
    assert.deepEqual([...gateway.localPorts().keys()], [80]);
  });

  it('opens a port again that was gone a moment ago', async () => {
    const fixed = new Map([[80, await freePort()]]);
    const other = new Gateway({ bind: '127.0.0.1', ports: fixed, workers: 1, entry: ENTRY });
    try {
      for (const listeners of [[listenerOf(80, [{}])], [], [listenerOf(80, [{}])]])
        await other.roll(snapshotOf(`with ${listeners.length}`, listeners));
      assert.equal((await ask(fixed.get(80)!)).snapshot, 'with 1');
    } finally {
      await other.stop();
    }
  });

  it('are refused when two Gateway ports fall on one', async () => {
    const other = new Gateway({ bind: '127.0.0.1', ports: new Map(), workers: 1, entry: ENTRY });
    const snapshot = snapshotOf('double', [listenerOf(80, [{}]), listenerOf(8080, [{}])]);
    await assert.rejects(other.roll(snapshot), /80 and 8080 both listen on 8080; .*--listen 80=PORT/);
    await other.stop();
  });
});
