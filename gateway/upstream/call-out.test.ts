import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster, Endpoint } from '../snapshot.ts';
import { callOut } from './call-out.ts';

const endpoint: Endpoint = { address: '10.0.0.1', port: 80, labels: {}, weight: 1 };
const cluster = (more: Partial<Cluster> = {}): Cluster => ({
  name: 'outbound|80||auth.default.svc.cluster.local',
  host: 'auth.default.svc.cluster.local',
  port: 80,
  endpoints: [endpoint],
  resolution: 'STATIC',
  loadBalancer: { policy: 'ROUND_ROBIN' },
  connectTimeoutMs: 1000,
  ...more,
});

/** What went out, and what came back. */
async function asked(to: Cluster, headers: Record<string, string> = {}) {
  const sent: [url: string, init: RequestInit][] = [];
  const answered = { headers: { 'x-bowsprit-entry': '- via_upstream', 'x-own': '1' } };
  const fetcher = {
    fetch: async (url: string, init: RequestInit) => {
      sent.push([url, init]);
      return new Response('yes', answered);
    },
  };
  const exchange = { env: { '10.0.0.1:80': fetcher }, clientAddress: '192.0.2.7' };
  const answer = await callOut(exchange, to, endpoint, 'http://auth/check', { method: 'POST', headers });
  const [url, init] = sent[0]!;
  return { url, redirect: init.redirect, headers: new Headers(init.headers), answer };
}

test('a callout goes as it is to an endpoint that the edge sees, and follows no redirect', async () => {
  const { url, redirect, headers } = await asked(cluster(), { 'x-a': '1' });
  assert.deepEqual([url, redirect, [...headers]], ['http://auth/check', 'manual', [['x-a', '1']]]);
});

test('behind the mesh entry it names its destination, whatever the caller wrote, and the entry’s own word ends here', async () => {
  const forged = { 'x-bowsprit-destination': 'elsewhere', 'x-bowsprit-assertion': 'forged', 'x-a': '1' };
  const { headers, redirect, answer } = await asked(cluster({ resolution: 'MESH' }), forged);
  assert.equal(headers.get('x-bowsprit-destination'), 'outbound|80||auth.default.svc.cluster.local');
  assert.equal(headers.get('x-bowsprit-assertion'), null);
  assert.deepEqual([headers.get('x-a'), headers.get('x-forwarded-for'), redirect], ['1', '192.0.2.7', 'manual']);
  assert.deepEqual([await answer.text(), answer.headers.get('x-own')], ['yes', '1']);
  assert.equal(answer.headers.get('x-bowsprit-entry'), null);
});

test('an endpoint that is bound to nothing is an error', async () => {
  await assert.rejects(callOut({ env: {}, clientAddress: '' }, cluster(), endpoint, 'http://auth/', {}));
});
