/**
 * The mesh entry goes away under load, in order and by force, with another one beside it: no request is lost that a retry policy
 * covers, and none reaches a workload twice that no policy covers.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage } from '../mesh/stage.ts';
import { get, persistentGet } from '../support/client.ts';
import { GATEWAY } from '../support/resources.ts';

const config = (entry: number) => `${GATEWAY}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com]
  gateways: [gw]
  http:
  - match: [{uri: {prefix: /covered}}]
    retries: {attempts: 3, retryOn: "connect-failure,reset"}
    route: [{destination: {host: reviews, subset: v1, port: {number: 9080}}}]
  - retries: {attempts: 0}
    route: [{destination: {host: reviews, subset: v1, port: {number: 9080}}}]
---
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec: {address: 127.0.0.1, port: ${entry}}
`;

let stage: Stage;
before(async () => {
  stage = await Stage.start({ config });
});
after(() => stage?.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Load {
  statuses: Record<'covered' | 'uncovered', number[]>;
  /** How often each of the requests reached the workload. */
  tries: Record<'covered' | 'uncovered', number[]>;
}

let count = 0;

/** Requests of both kinds, four at a time each, while `disturb` runs. A request takes 20 ms, so that some are under way at any time. */
async function under(disturb: () => Promise<void>): Promise<Load> {
  const load: Load = { statuses: { covered: [], uncovered: [] }, tries: { covered: [], uncovered: [] } };
  let running = true;
  const client = async (kind: 'covered' | 'uncovered') => {
    while (running) {
      const name = `${kind} ${count++}`;
      const headers = { 'x-test': name, 'x-delay': '20' };
      const { status } = await persistentGet(stage.ports.edge, `/${kind}`, { headers, method: 'PUT', body: 'a body' });
      load.statuses[kind].push(status);
      load.tries[kind].push(stage.applications.v1.tries(name));
    }
  };
  const clients = [1, 2, 3, 4].flatMap(() => [client('covered'), client('uncovered')]);
  await disturb();
  running = false;
  await Promise.all(clients);
  return load;
}

const only = <T>(values: T[], value: T) => values.filter((one) => one !== value);

test('an entry that is replaced by one with another certificate, and drained, costs no request', async () => {
  const { statuses, tries } = await under(async () => {
    const old = stage.entry!;
    stage.rotateEntry();
    await stage.startEntry();
    const drain = await fetch(`http://127.0.0.1:${old.adminPort}/drain_listeners?graceful`, { method: 'POST' });
    assert.equal(drain.status, 200);
    await pause(1500);
    old.stop();
    await pause(300);
  });
  assert.ok(statuses.uncovered.length > 50, `${statuses.uncovered.length} requests`);
  assert.deepEqual(only([...statuses.covered, ...statuses.uncovered], 200), []);
  assert.deepEqual(only(tries.uncovered, 1), []);
});

test('an entry that is killed costs only what no policy covers, and that is not tried again', async () => {
  const { statuses, tries } = await under(async () => {
    for (let kills = 0; kills < 3; kills++) {
      const old = stage.entry!;
      await stage.startEntry();
      await pause(300);
      old.stop();
      await pause(300);
    }
  });
  assert.deepEqual(only(statuses.covered, 200), []);
  assert.ok(statuses.uncovered.includes(503), 'nothing was under way when the entry was killed');
  assert.deepEqual(only(only(statuses.uncovered, 200), 503), []);
  assert.deepEqual(
    tries.uncovered.filter((number) => number > 1),
    [],
  );
  const most = Math.max(...tries.covered);
  assert.ok(most > 1 && most <= 4, `${most} tries of a request with three retries`);
});

test('without any entry a request is refused as Istio’s gateway would, and served again when one is back', async () => {
  stage.entry?.stop();
  await pause(100);
  const { status, body } = await get(stage.ports.edge, '/once');
  assert.equal(status, 503);
  assert.match(body, /upstream connect error or disconnect\/reset before headers/);
  await stage.startEntry();
  assert.equal((await get(stage.ports.edge, '/once')).status, 200);
});
