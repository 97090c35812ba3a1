/** An outage is not multiplied: attempts, budgets, limits and ejection hold behind a real workerd. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import type { Cluster } from '../../gateway/snapshot.ts';
import { clusterOf } from '../support/snapshot.ts';
import { EVERYTHING, retry, route, statusesOf, UnrulyEdge } from './unruly-edge.ts';

const outlierDetection: Cluster['outlierDetection'] = {
  consecutive5xx: 2,
  splitExternalLocalOriginErrors: false,
  intervalMs: 200,
  baseEjectionTimeMs: 400,
  maxEjectionPercent: 50,
  minHealthPercent: 0,
};

let edge: UnrulyEdge;

before(async () => {
  edge = await UnrulyEdge.start((edge) => ({
    clusters: [
      clusterOf('bad', [edge.bad.port]),
      edge.pair('ejecting', { outlierDetection }),
      edge.pair('budgeted', { retryBudget: { percent: 0, minRetryConcurrency: 0 } }),
      { ...clusterOf('narrow', [edge.good.port]), connectionPool: { http2MaxRequests: 2 } },
    ],
    routes: [
      route('/everything-alone', 'bad', { retry: retry(2, ['5xx']) }),
      route('/ejecting', 'ejecting'),
      route('/budgeted', 'budgeted', { retry: EVERYTHING }),
      route('/narrow', 'narrow'),
    ],
  }));
});

beforeEach(() => edge.forget());
after(() => edge?.stop());

test('attempts is the limit, and the text says that it was retried', async () => {
  edge.bad.mood = 'reset';
  const answers = await edge.many(10, '/everything-alone');
  assert.match(answers[0]!.body, /retried and the latest reset reason: connection termination$/);
  assert.deepEqual([statusesOf(answers), edge.bad.arrived], [[503], 30]);
});

test('a budget of nothing lets no retry through', async () => {
  edge.bad.mood = 'fail';
  edge.good.mood = 'fail';
  assert.deepEqual(statusesOf(await edge.many(10, '/budgeted')), [503]);
  assert.equal(edge.bad.arrived + edge.good.arrived, 10);
});

test('past http2MaxRequests a request overflows at once', async () => {
  edge.good.delay = 200;
  const answers = await edge.many(6, '/narrow');
  const refused = answers.filter(({ status }) => status === 503);
  assert.deepEqual([refused.length, edge.good.arrived], [4, 2]);
  assert.match(refused[0]!.body, /reset reason: overflow$/);
  assert.equal(refused[0]!.headers['x-envoy-overloaded'], 'true');
  assert.equal((await edge.send('/narrow')).status, 200);
});

test('clients that go away free their places', async () => {
  edge.good.delay = 300;
  for (let i = 0; i < 2; i++) {
    const request = http.get({ host: '127.0.0.1', port: edge.port, path: '/narrow', agent: false });
    request.on('error', () => {});
    setTimeout(() => request.destroy(), 100);
  }
  await new Promise((resolve) => setTimeout(resolve, 700));
  edge.good.delay = 0;
  assert.equal((await edge.send('/narrow')).status, 200);
});

test('a failing host is ejected and comes back when it is well', async () => {
  edge.bad.mood = 'fail';
  for (let i = 0; i < 8; i++) await edge.send('/ejecting');
  edge.bad.arrived = 0;
  assert.deepEqual(statusesOf(await edge.many(20, '/ejecting')), [200]);
  assert.equal(edge.bad.arrived, 0);
  edge.bad.mood = 'ok';
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.deepEqual(statusesOf(await edge.many(20, '/ejecting')), [200]);
  assert.ok(edge.bad.arrived > 0);
});
