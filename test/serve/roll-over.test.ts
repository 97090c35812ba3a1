/** One Snapshot after another, without a request in between that fails. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Gateway } from '../../cli/serve/gateway.ts';
import { ANY_PORT, ask, ENTRY, TLS } from './asking.ts';
import { children } from './children.ts';
import { clusterOf, listenerOf, snapshotOf } from './snapshots.ts';

describe('a roll-over', () => {
  const gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 2, entry: ENTRY });
  after(() => gateway.stop());
  const local = (port: number): number => gateway.localPorts().get(port) ?? assert.fail(`nothing listens for ${port}`);

  it('answers what the generation before has accepted, and everything new from the next one', async () => {
    await gateway.roll(snapshotOf('before', [listenerOf(80, [{}])]));
    await gateway.drained();
    const port = local(80);
    const slow = ask(port, '/slow?ms=500');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await gateway.roll(snapshotOf('after', [listenerOf(80, [{ name: 'another' }])]));
    assert.equal((await slow).snapshot, 'before');
    await gateway.drained();
    assert.equal((await ask(port)).snapshot, 'after');
  });

  it('hands a Snapshot that needs no other sockets or upstreams to the running processes, dropping no request', async () => {
    await gateway.roll(snapshotOf('r0', [listenerOf(80, [{}])]));
    const port = local(80);
    await gateway.drained();
    const processes = children();
    let rolling = true;
    const answers: string[] = [];
    const load = async (): Promise<void> => {
      while (rolling) answers.push((await ask(port)).snapshot);
    };
    const loads = [load(), load(), load()];
    for (let i = 1; i <= 20; i++) await gateway.roll(snapshotOf(`r${i}`, [listenerOf(80, [{}])]));
    rolling = false;
    await Promise.all(loads);
    assert.ok(answers.length > 20, `${answers.length} answers`);
    assert.equal((await ask(port)).snapshot, 'r20');
    assert.deepEqual(children(), processes);
  });

  it('replaces its processes under load without cutting a connection off: plain, TLS, by SNI, and between the two', async () => {
    const all = [{ name: 'all', tls: TLS }];
    const names = ['a', 'b'].map((name) => ({ name, hosts: [`${name}.example.com`], tls: TLS }));
    const next = (i: number) => ({
      ...snapshotOf(`n${i}`, [listenerOf(80, [{}]), listenerOf(443, all), listenerOf(8443, i % 2 ? names : all)]),
      clusters: { up: clusterOf('up', '127.0.0.1', 1000 + i) },
    });
    await gateway.roll(next(0));
    let rolling = true;
    const seen: string[] = [];
    const load = async (port: number, name?: string): Promise<void> => {
      while (rolling) seen.push(await ask(local(port), '/', name).then(({ snapshot }) => snapshot, String));
    };
    const loads = [load(80), load(80), load(443, 'a.example.com'), load(8443, 'a.example.com')];
    for (let i = 1; i <= 4; i++) await gateway.roll(next(i));
    rolling = false;
    await Promise.all(loads);
    const failed = seen.filter((snapshot) => !/^n\d$/.test(snapshot));
    assert.deepEqual(failed, []);
    assert.ok(seen.includes('n3'), `${seen.length} answers`);
  });
});
