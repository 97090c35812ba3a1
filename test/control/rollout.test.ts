/** A staged rollout over a running `serve`: some requests first, all of them after, and back when it answers with errors. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { GATEWAY_OBJECT } from '../support/resources.ts';
import { type Served, startServed } from './served.ts';

const BASE = '/apis/networking.istio.io/v1/namespaces/default';
let served: Served;
let client: ControlClient;

before(async () => {
  served = await startServed();
  client = new ControlClient(connectionFrom(served.kubeconfig));
  await client.call('POST', `${BASE}/gateways`, GATEWAY_OBJECT);
  await answerWith(200);
  await served.until('a.test', '/', 200);
  await client.call('POST', '/apis/bowsprit.dev/v1alpha1/namespaces/istio-system/rollouts', {
    metadata: { name: 'default' },
    spec: {
      steps: [
        { percent: 30, seconds: 2 },
        { percent: 70, seconds: 1 },
      ],
      maxErrorRate: 5,
      minRequests: 10,
    },
  });
  await programmed('True');
});
after(() => served.stop());

const answerWith = (status: number) =>
  client.call(
    'PATCH',
    `${BASE}/virtualservices/a?fieldManager=test&force=true`,
    { spec: { hosts: ['a.test'], gateways: ['gw'], http: [{ directResponse: { status } }] } },
    'application/apply-patch+yaml',
  );

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

async function programmed(status: string, reason?: string): Promise<Condition> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { status: said } = (await client.call('GET', `${BASE}/virtualservices/a`)) as {
      status?: { conditions: Condition[] };
    };
    const found = said?.conditions.find(({ type }) => type === 'Programmed');
    if (found?.status === status && (!reason || found.reason === reason)) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Programmed is not ${status} ${reason ?? ''}`);
}

/** How often each status was answered. */
async function statuses(count: number): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const { status } = await served.get('a.test', '/');
    seen.set(status, (seen.get(status) ?? 0) + 1);
  }
  return seen;
}

test('a good Snapshot gets some of the requests, then more, then all', async () => {
  await answerWith(201);
  const { message } = await programmed('False', 'Pending');
  assert.match(message, /30 %/);
  await served.until('a.test', '/', 201);
  const seen = await statuses(200);
  const share = (seen.get(201) ?? 0) / 200;
  assert.ok(share > 0.1 && share < 0.95, `${share} of the answers were the new ones`);
  await programmed('True');
  assert.deepEqual([...(await statuses(50)).keys()], [201]);
});

test('a Snapshot that answers with errors is taken back, and its object says why', async () => {
  await answerWith(503);
  await programmed('False', 'Pending');
  let asking = true;
  const users = (async () => {
    while (asking) await statuses(5);
  })();
  const { message } = await programmed('False', 'RolledBack').finally(() => {
    asking = false;
  });
  await users;
  assert.match(message, /\d+ of \d+ answers were errors/);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual([...(await statuses(50)).keys()], [201]);
});

test('what was taken back does not come again by itself; a mended one does', async () => {
  await client.call(
    'PATCH',
    `${BASE}/virtualservices/a`,
    { metadata: { labels: { x: 'y' } } },
    'application/merge-patch+json',
  );
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.deepEqual([...(await statuses(50)).keys()], [201]);
  await answerWith(202);
  await programmed('True');
  assert.deepEqual([...(await statuses(50)).keys()], [202]);
});
