/** Endpoints that are given by name. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { Gateway } from '../../cli/serve/gateway.ts';
import { ANY_PORT, ask, ENTRY } from './asking.ts';
import { clusterOf, listenerOf, snapshotOf } from './snapshots.ts';

describe('names of endpoints', () => {
  let address = '127.0.0.3';
  const lookUp = async (name: string): Promise<string[]> => {
    if (name !== 'up.example.com' || address === '') throw new Error('no such name');
    return ['127.0.0.9', address];
  };
  const gateway = new Gateway({
    bind: '127.0.0.1',
    ports: ANY_PORT,
    workers: 1,
    entry: ENTRY,
    lookUp,
    dnsRefreshMs: 50,
  });
  const upstreams = ['127.0.0.2', '127.0.0.3'].map((host) => ({
    host,
    server: createServer((_, answer) => answer.end(`"${host}"`)),
  }));
  after(async () => {
    await gateway.stop();
    for (const { server } of upstreams) server.close();
  });

  it('are looked up again; a failure later changes nothing', async () => {
    let port = 0;
    for (const { host, server } of upstreams) {
      server.listen(port, host);
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    }
    const snapshot = snapshotOf('names', [listenerOf(80, [{}])]);
    snapshot.clusters.up = clusterOf('up', 'up.example.com', port);
    snapshot.clusters.none = clusterOf('none', 'none.example.com', port);
    await gateway.roll(snapshot);
    const asked = async (): Promise<unknown> =>
      ask(gateway.localPorts().get(80) ?? 0, `/up?endpoint=up.example.com:${port}`).catch(() => undefined);
    assert.equal(await asked(), '127.0.0.3');
    address = '127.0.0.2';
    for (let i = 0; i < 100 && (await asked()) !== '127.0.0.2'; i++) await new Promise((done) => setTimeout(done, 50));
    await gateway.drained();
    address = '';
    await new Promise((done) => setTimeout(done, 300));
    assert.equal(await asked(), '127.0.0.2');
  });
});
