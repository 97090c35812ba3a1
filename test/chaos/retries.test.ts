/**
 * Upstreams that refuse, reset, hang, half-close, cut off and flap behind a real workerd: what a retry policy covers is not
 * lost, what it does not cover is sent once.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { REPLAY_LIMIT } from '../../gateway/traffic/record.ts';
import { clusterOf } from '../support/snapshot.ts';
import type { Mood } from './unruly.ts';
import { type Answer, EVERYTHING, ISTIO_DEFAULT, retry, route, statusesOf, UnrulyEdge } from './unruly-edge.ts';

const PER_TRY = { perTryTimeoutMs: 400 };

let edge: UnrulyEdge;

before(async () => {
  edge = await UnrulyEdge.start((edge) => ({
    clusters: [clusterOf('bad', [edge.bad.port]), edge.pair('both')],
    routes: [
      route('/default', 'both', { retry: ISTIO_DEFAULT }),
      route('/default-alone', 'bad', { retry: ISTIO_DEFAULT }),
      route('/everything', 'both', { retry: EVERYTHING }),
      route('/everything-alone', 'bad', { retry: retry(2, ['5xx']) }),
      route('/per-try', 'both', { retry: { ...EVERYTHING, ...PER_TRY } }),
      route('/per-try-uncovered', 'bad', { retry: { ...ISTIO_DEFAULT, ...PER_TRY } }),
      route('/none', 'bad'),
    ],
  }));
});

beforeEach(() => edge.forget());
after(() => edge?.stop());

describe('covered by the policy: nothing is lost', () => {
  for (const mood of ['reset', 'half-close', 'fail'] as Mood[]) {
    test(`${mood}, retryOn 5xx: every request and every body arrives whole`, async () => {
      edge.bad.mood = mood;
      const body = 'b'.repeat(5000);
      assert.deepEqual(statusesOf(await edge.many(20, '/everything')), [200]);
      assert.deepEqual(statusesOf(await edge.many(10, '/everything', body)), [200]);
      assert.deepEqual(statusesOf(await edge.many(10, '/everything', ['b'.repeat(2500), 'b'.repeat(2500)])), [200]);
      assert.deepEqual(
        edge.good.bodies.filter((seen) => seen !== '' && seen !== body),
        [],
      );
      assert.equal(edge.good.bodies.length, 40);
      assert.ok(edge.bad.arrived > 0);
    });
  }

  test('refused, Istio’s default policy: every request and every body arrives whole', () =>
    edge.refusing(async () => {
      assert.deepEqual(statusesOf(await edge.many(20, '/default')), [200]);
      assert.deepEqual(statusesOf(await edge.many(20, '/default', 'some body')), [200]);
      assert.deepEqual(edge.good.bodies.filter((seen) => seen !== '').length, 20);
    }));

  test('a hanging host is left after the per-try timeout', async () => {
    edge.bad.mood = 'hang';
    const started = performance.now();
    assert.deepEqual(statusesOf(await edge.many(10, '/per-try', 'x')), [200]);
    assert.ok(performance.now() - started < 5000);
    assert.ok(edge.bad.arrived > 0);
  });

  test('a host that flaps loses nothing', async () => {
    let up = true;
    const timer = setInterval(() => {
      if (up) edge.bad.close();
      else void edge.bad.open();
      up = !up;
    }, 40);
    const answers: Answer[] = [];
    for (let i = 0; i < 40; i++) answers.push(...(await edge.many(4, '/everything', `request ${i}`)));
    clearInterval(timer);
    if (!up) await edge.bad.open();
    assert.deepEqual(statusesOf(answers), [200]);
  });
});

describe('not covered by the policy: sent once', () => {
  for (const mood of ['reset', 'half-close'] as Mood[]) {
    test(`${mood} under Istio’s default policy`, async () => {
      edge.bad.mood = mood;
      const answer = await edge.send('/default-alone', 'x');
      assert.equal(answer.status, 503);
      assert.match(
        answer.body,
        /^upstream connect error or disconnect\/reset before headers\. reset reason: connection t/,
      );
      assert.equal(edge.bad.arrived, 1);
    });
  }

  test('a 503 under Istio’s default policy', async () => {
    edge.bad.mood = 'fail';
    assert.deepEqual([(await edge.send('/default-alone')).body, edge.bad.arrived], ['failed', 1]);
  });

  test('a per-try timeout under Istio’s default policy', async () => {
    edge.bad.mood = 'hang';
    const answer = await edge.send('/per-try-uncovered');
    assert.deepEqual([answer.status, answer.body, edge.bad.arrived], [504, 'upstream request timeout', 1]);
  });

  test('a body too long to be kept', async () => {
    edge.bad.mood = 'fail';
    const answer = await edge.send('/everything-alone', 'x'.repeat(REPLAY_LIMIT + 1));
    assert.deepEqual([answer.status, edge.bad.arrived, edge.bad.bodies[0]?.length], [503, 1, REPLAY_LIMIT + 1]);
  });

  test('an answer that breaks off after its headers', async () => {
    edge.bad.mood = 'truncate';
    assert.deepEqual([(await edge.send('/everything-alone')).status, edge.bad.arrived], [0, 1]);
  });

  test('without a policy', async () => {
    edge.bad.mood = 'fail';
    assert.deepEqual([(await edge.send('/none')).status, edge.bad.arrived], [503, 1]);
  });
});
