/**
 * Upstreams that refuse, reset, hang, half-close, cut off and flap behind a real workerd: what a retry policy covers is not
 * lost, what it does not cover is sent once, and an outage is not multiplied beyond what the YAML asks for.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cluster, ForwardAction, RetryPolicy, Route } from '../../gateway/snapshot.ts';
import { REPLAY_LIMIT } from '../../gateway/traffic/replay.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';
import { type Silent, startSilent } from './silent.ts';
import { type Mood, Unruly } from './unruly.ts';

const retry = (attempts: number, retryOn: string[], parts: Partial<RetryPolicy> = {}): RetryPolicy => ({
  attempts,
  retryOn,
  retriableStatusCodes: [],
  ignorePreviousHosts: true,
  backoffMs: 25,
  ...parts,
});
/** What Istio gives a route without `retries`. */
const ISTIO_DEFAULT = retry(2, ['connect-failure', 'refused-stream', 'unavailable', 'cancelled']);
const EVERYTHING = retry(5, ['5xx']);
const PER_TRY = { perTryTimeoutMs: 400 };

let bad: Unruly;
let good: Unruly;
let shadow: Unruly;
let silent: Silent;
let edge: Edge;
const agent = new http.Agent({ keepAlive: false });

function route(path: string, cluster: string, action: Partial<ForwardAction> = {}): Route {
  const plain = forwardTo(cluster);
  return {
    ...plain,
    match: { path: { kind: 'prefix', value: path } },
    action: { ...plain.action, ...action } as ForwardAction,
  };
}

before(async () => {
  [bad, good, shadow] = await Promise.all([Unruly.start(), Unruly.start(), Unruly.start()]);
  silent = await startSilent();
  const pair = (name: string, parts: Partial<Cluster> = {}): Cluster => ({
    ...clusterOf(name, [bad.port, good.port]),
    loadBalancer: { policy: 'ROUND_ROBIN' },
    ...parts,
  });
  const outlierDetection: Cluster['outlierDetection'] = {
    consecutive5xx: 2,
    splitExternalLocalOriginErrors: false,
    intervalMs: 200,
    baseEjectionTimeMs: 400,
    maxEjectionPercent: 50,
    minHealthPercent: 0,
  };
  const clusters = [
    clusterOf('bad', [bad.port]),
    pair('both'),
    pair('ejecting', { outlierDetection }),
    pair('budgeted', { retryBudget: { percent: 0, minRetryConcurrency: 0 } }),
    { ...clusterOf('narrow', [good.port]), connectionPool: { http2MaxRequests: 2 } },
    clusterOf('shadow', [shadow.port]),
    { ...clusterOf('silent', [silent.port, good.port]), connectTimeoutMs: 200 },
    { ...clusterOf('silent-alone', [silent.port]), connectTimeoutMs: 200 },
    { ...clusterOf('mesh', [bad.port]), resolution: 'MESH' as const },
    { ...clusterOf('mesh-shadow', [shadow.port]), resolution: 'MESH' as const },
    { ...clusterOf('slow', [good.port]), connectTimeoutMs: 200 },
  ];
  const routes = [
    route('/default', 'both', { retry: ISTIO_DEFAULT }),
    route('/default-alone', 'bad', { retry: ISTIO_DEFAULT }),
    route('/everything', 'both', { retry: EVERYTHING }),
    route('/everything-alone', 'bad', { retry: retry(2, ['5xx']) }),
    route('/per-try', 'both', { retry: { ...EVERYTHING, ...PER_TRY } }),
    route('/per-try-uncovered', 'bad', { retry: { ...ISTIO_DEFAULT, ...PER_TRY } }),
    route('/timeout', 'bad', { timeoutMs: 1000, retry: ISTIO_DEFAULT }),
    route('/none', 'bad'),
    route('/mesh-mirrored', 'mesh', { mirrors: [{ cluster: 'shadow', percentage: 100 }] }),
    route('/mirrored-mesh', 'bad', { mirrors: [{ cluster: 'mesh-shadow', percentage: 100 }] }),
    route('/mesh-both', 'mesh', { mirrors: [{ cluster: 'mesh-shadow', percentage: 100 }] }),
    route('/silent', 'silent', { retry: ISTIO_DEFAULT }),
    route('/silent-alone', 'silent-alone'),
    route('/slow', 'slow'),
    route('/ejecting', 'ejecting'),
    route('/budgeted', 'budgeted', { retry: EVERYTHING }),
    route('/narrow', 'narrow'),
    route('/mirrored', 'bad', { mirrors: [{ cluster: 'shadow', percentage: 100 }] }),
  ];
  // The longest prefix first: the first that matches wins.
  routes.sort((a, b) => b.match.path!.value.length - a.match.path!.value.length);
  edge = await startEdge(snapshotOf([virtualHostOf('*', routes)], clusters));
});

beforeEach(async () => {
  for (const upstream of [bad, good, shadow]) upstream.forget();
});

after(async () => {
  await edge?.stop();
  silent?.stop();
  for (const upstream of [bad, good, shadow]) upstream?.close();
});

interface Answer {
  /** 0: the connection broke before the answer was whole. */
  status: number;
  body: string;
  headers: http.IncomingHttpHeaders;
}

/** A body is sent with its length; as an array in chunks. */
function send(path: string, body?: string | string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const lost: Answer = { status: 0, body: '', headers: {} };
    const headers = typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {};
    const options = { port: edge.port(80), path, method: body === undefined ? 'GET' : 'POST', headers, agent };
    const request = http.request({ host: '127.0.0.1', ...options }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      answer.on('error', () => resolve(lost));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text, headers: answer.headers }));
    });
    request.on('error', () => resolve(lost));
    for (const part of [body ?? []].flat()) request.write(part);
    request.end();
  });
}

const many = (times: number, path: string, body?: string | string[]) =>
  Promise.all(Array.from({ length: times }, () => send(path, body)));
const statusesOf = (answers: Answer[]) => [...new Set(answers.map(({ status }) => status))].sort();

async function refusing(run: () => Promise<void>): Promise<void> {
  bad.close();
  try {
    await run();
  } finally {
    await bad.open();
  }
}

describe('covered by the policy: nothing is lost', () => {
  for (const mood of ['reset', 'half-close', 'fail'] as Mood[]) {
    test(`${mood}, retryOn 5xx: every request and every body arrives whole`, async () => {
      bad.mood = mood;
      const body = 'b'.repeat(5000);
      assert.deepEqual(statusesOf(await many(20, '/everything')), [200]);
      assert.deepEqual(statusesOf(await many(10, '/everything', body)), [200]);
      assert.deepEqual(statusesOf(await many(10, '/everything', ['b'.repeat(2500), 'b'.repeat(2500)])), [200]);
      assert.deepEqual(
        good.bodies.filter((seen) => seen !== '' && seen !== body),
        [],
      );
      assert.equal(good.bodies.length, 40);
      assert.ok(bad.arrived > 0);
    });
  }

  test('refused, Istio’s default policy: every request and every body arrives whole', () =>
    refusing(async () => {
      assert.deepEqual(statusesOf(await many(20, '/default')), [200]);
      assert.deepEqual(statusesOf(await many(20, '/default', 'some body')), [200]);
      assert.deepEqual(good.bodies.filter((seen) => seen !== '').length, 20);
    }));

  test('a hanging host is left after the per-try timeout', async () => {
    bad.mood = 'hang';
    const started = performance.now();
    assert.deepEqual(statusesOf(await many(10, '/per-try', 'x')), [200]);
    assert.ok(performance.now() - started < 5000);
    assert.ok(bad.arrived > 0);
  });

  test('a host that flaps loses nothing', async () => {
    let up = true;
    const timer = setInterval(() => {
      if (up) bad.close();
      else void bad.open();
      up = !up;
    }, 40);
    const answers: Answer[] = [];
    for (let i = 0; i < 40; i++) answers.push(...(await many(4, '/everything', `request ${i}`)));
    clearInterval(timer);
    if (!up) await bad.open();
    assert.deepEqual(statusesOf(answers), [200]);
  });
});

describe('an endpoint that lets nobody connect', () => {
  test('is left after connectTimeout, for one that does', async () => {
    const started = performance.now();
    const answers = await many(6, '/silent', 'x');
    assert.deepEqual([statusesOf(answers), good.bodies.length], [[200], 6]);
    assert.ok(performance.now() - started < 6000);
  });

  test('alone: Envoy’s text', async () => {
    const answer = await send('/silent-alone');
    assert.equal(answer.status, 503);
    assert.match(answer.body, /^upstream connect error.*reset reason: connection timeout$/);
  });

  test('a slow answer is left alone', async () => {
    good.delay = 1800;
    assert.equal((await send('/slow')).status, 200);
  });
});

describe('not covered by the policy: sent once', () => {
  for (const mood of ['reset', 'half-close'] as Mood[]) {
    test(`${mood} under Istio’s default policy`, async () => {
      bad.mood = mood;
      const answer = await send('/default-alone', 'x');
      assert.equal(answer.status, 503);
      assert.match(
        answer.body,
        /^upstream connect error or disconnect\/reset before headers\. reset reason: connection t/,
      );
      assert.equal(bad.arrived, 1);
    });
  }

  test('a 503 under Istio’s default policy', async () => {
    bad.mood = 'fail';
    assert.deepEqual([(await send('/default-alone')).body, bad.arrived], ['failed', 1]);
  });

  test('a per-try timeout under Istio’s default policy', async () => {
    bad.mood = 'hang';
    const answer = await send('/per-try-uncovered');
    assert.deepEqual([answer.status, answer.body, bad.arrived], [504, 'upstream request timeout', 1]);
  });

  test('a body too long to be kept', async () => {
    bad.mood = 'fail';
    const answer = await send('/everything-alone', 'x'.repeat(REPLAY_LIMIT + 1));
    assert.deepEqual([answer.status, bad.arrived, bad.bodies[0]?.length], [503, 1, REPLAY_LIMIT + 1]);
  });

  test('an answer that breaks off after its headers', async () => {
    bad.mood = 'truncate';
    assert.deepEqual([(await send('/everything-alone')).status, bad.arrived], [0, 1]);
  });

  test('without a policy', async () => {
    bad.mood = 'fail';
    assert.deepEqual([(await send('/none')).status, bad.arrived], [503, 1]);
  });
});

describe('an outage is not multiplied', () => {
  test('attempts is the limit, and the text says that it was retried', async () => {
    bad.mood = 'reset';
    const answers = await many(10, '/everything-alone');
    assert.match(answers[0]!.body, /retried and the latest reset reason: connection termination$/);
    assert.deepEqual([statusesOf(answers), bad.arrived], [[503], 30]);
  });

  test('a budget of nothing lets no retry through', async () => {
    bad.mood = 'fail';
    good.mood = 'fail';
    assert.deepEqual(statusesOf(await many(10, '/budgeted')), [503]);
    assert.equal(bad.arrived + good.arrived, 10);
  });

  test('past http2MaxRequests a request overflows at once', async () => {
    good.delay = 200;
    const answers = await many(6, '/narrow');
    const refused = answers.filter(({ status }) => status === 503);
    assert.deepEqual([refused.length, good.arrived], [4, 2]);
    assert.match(refused[0]!.body, /reset reason: overflow$/);
    assert.equal(refused[0]!.headers['x-envoy-overloaded'], 'true');
    assert.equal((await send('/narrow')).status, 200);
  });

  test('clients that go away free their places', async () => {
    good.delay = 300;
    for (let i = 0; i < 2; i++) {
      const request = http.get({ host: '127.0.0.1', port: edge.port(80), path: '/narrow', agent });
      request.on('error', () => {});
      setTimeout(() => request.destroy(), 100);
    }
    await new Promise((resolve) => setTimeout(resolve, 700));
    good.delay = 0;
    assert.equal((await send('/narrow')).status, 200);
  });

  test('a failing host is ejected and comes back when it is well', async () => {
    bad.mood = 'fail';
    for (let i = 0; i < 8; i++) await send('/ejecting');
    bad.arrived = 0;
    assert.deepEqual(statusesOf(await many(20, '/ejecting')), [200]);
    assert.equal(bad.arrived, 0);
    bad.mood = 'ok';
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual(statusesOf(await many(20, '/ejecting')), [200]);
    assert.ok(bad.arrived > 0);
  });
});

describe('the route’s timeout', () => {
  test('a hanging upstream: 504, and the upstream is let go', async () => {
    bad.mood = 'hang';
    const started = performance.now();
    const answer = await send('/timeout');
    assert.deepEqual([answer.status, answer.body], [504, 'upstream request timeout']);
    assert.ok(performance.now() - started < 4000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(bad.abandoned, 1);
  });

  test('holds for the body: a dripping answer is broken off', async () => {
    bad.mood = 'drip';
    const started = performance.now();
    assert.equal((await send('/timeout')).status, 0);
    assert.ok(performance.now() - started < 4000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(bad.abandoned, 1);
  });

  test('leaves an answer in time alone', async () => {
    bad.delay = 100;
    assert.deepEqual([(await send('/timeout', 'four')).body], [`${bad.port}:4`]);
  });
});

describe('mirrors', () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve, 200));

  for (const [name, body] of [
    ['with a length', 'mirror me'],
    ['in chunks', ['mirror ', 'me']],
  ] as [string, string | string[]][]) {
    test(`a body ${name} reaches both`, async () => {
      assert.equal((await send('/mirrored', body)).status, 200);
      await settled();
      assert.deepEqual([bad.bodies, shadow.bodies], [['mirror me'], ['mirror me']]);
    });
  }

  test('nobody waits for a mirror, nor minds its failure', async () => {
    shadow.mood = 'hang';
    const started = performance.now();
    assert.equal((await send('/mirrored', 'x')).status, 200);
    assert.ok(performance.now() - started < 4000);
    shadow.mood = 'reset';
    assert.equal((await send('/mirrored', 'x')).status, 200);
  });

  for (const [path, main, mirrored] of [
    ['/mesh-mirrored', 'mesh', undefined],
    ['/mirrored-mesh', undefined, 'mesh-shadow'],
    ['/mesh-both', 'mesh', 'mesh-shadow'],
  ] as const) {
    test(`${path}: the mesh entry is told each one’s own destination, nobody else of any`, async () => {
      await send(path);
      await settled();
      const destinations = [bad, shadow].map(({ headers }) => headers['x-bowsprit-destination']);
      assert.deepEqual(destinations, [main, mirrored]);
      assert.deepEqual([bad.headers['x-forwarded-for'], shadow.headers['x-forwarded-for']], ['127.0.0.1', '127.0.0.1']);
      const chains = [bad, shadow].map(({ headers }) => headers['x-bowsprit-forwarded-for']);
      assert.deepEqual(chains, [main && '127.0.0.1', mirrored && '127.0.0.1']);
    });
  }

  test('a body too long to be kept is not mirrored', async () => {
    assert.equal((await send('/mirrored', 'x'.repeat(REPLAY_LIMIT + 1))).status, 200);
    await settled();
    assert.deepEqual([bad.bodies.length, shadow.arrived], [1, 0]);
  });
});
