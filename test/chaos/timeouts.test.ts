/** Upstreams that hang, drip or let nobody connect: each timeout ends what it is for, and nothing else. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { clusterOf } from '../support/snapshot.ts';
import { type Silent, startSilent } from './silent.ts';
import { ISTIO_DEFAULT, route, statusesOf, UnrulyEdge } from './unruly-edge.ts';

let silent: Silent;

let edge: UnrulyEdge;

before(async () => {
  silent = await startSilent();
  edge = await UnrulyEdge.start((edge) => ({
    clusters: [
      clusterOf('bad', [edge.bad.port]),
      { ...clusterOf('silent', [silent.port, edge.good.port]), connectTimeoutMs: 200 },
      { ...clusterOf('silent-alone', [silent.port]), connectTimeoutMs: 200 },
      { ...clusterOf('slow', [edge.good.port]), connectTimeoutMs: 200 },
    ],
    routes: [
      route('/timeout', 'bad', { timeoutMs: 1000, retry: ISTIO_DEFAULT }),
      route('/silent', 'silent', { retry: ISTIO_DEFAULT }),
      route('/silent-alone', 'silent-alone'),
      route('/slow', 'slow'),
    ],
  }));
});

beforeEach(() => edge.forget());
after(async () => {
  await edge?.stop();
  silent?.stop();
});

describe('an endpoint that lets nobody connect', () => {
  test('is left after connectTimeout, for one that does', async () => {
    const started = performance.now();
    const answers = await edge.many(6, '/silent', 'x');
    assert.deepEqual([statusesOf(answers), edge.good.bodies.length], [[200], 6]);
    assert.ok(performance.now() - started < 6000);
  });

  test('alone: Envoy’s text', async () => {
    const answer = await edge.send('/silent-alone');
    assert.equal(answer.status, 503);
    assert.match(answer.body, /^upstream connect error.*reset reason: connection timeout$/);
  });

  test('a slow answer is left alone', async () => {
    edge.good.delay = 1800;
    assert.equal((await edge.send('/slow')).status, 200);
  });
});

describe('the route’s timeout', () => {
  test('a hanging upstream: 504, and the upstream is let go', async () => {
    edge.bad.mood = 'hang';
    const started = performance.now();
    const answer = await edge.send('/timeout');
    assert.deepEqual([answer.status, answer.body], [504, 'upstream request timeout']);
    assert.ok(performance.now() - started < 4000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(edge.bad.abandoned, 1);
  });

  test('holds for the body: a dripping answer is broken off', async () => {
    edge.bad.mood = 'drip';
    const started = performance.now();
    assert.equal((await edge.send('/timeout')).status, 0);
    assert.ok(performance.now() - started < 4000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(edge.bad.abandoned, 1);
  });

  test('leaves an answer in time alone', async () => {
    edge.bad.delay = 100;
    assert.deepEqual([(await edge.send('/timeout', 'four')).body], [`${edge.bad.port}:4`]);
  });
});
