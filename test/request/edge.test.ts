import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Route } from '../../gateway/snapshot.ts';
import { type Echo, type Seen, startEcho } from '../support/echo.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { freePort } from '../support/free-port.ts';
import { get, headerOf, type RawAnswer, sendRaw } from '../support/raw-http.ts';
import { clusterOf, forwardTo, ORIGIN, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

let echo: Echo;
let edge: Edge;
const seen = (answer: RawAnswer | undefined) => JSON.parse(answer!.body) as Seen;
const route = (action: Route['action'], prefix: string): Route => ({
  name: '',
  match: { path: { kind: 'prefix', value: prefix } },
  action,
  origin: ORIGIN,
});

before(async () => {
  echo = await startEcho();
  const clusters = [clusterOf('up', [echo.port]), clusterOf('dead', [await freePort()]), clusterOf('none', [])];
  const rewritten = forwardTo('up', { match: { path: { kind: 'prefix', value: '/old' } } });
  rewritten.action = {
    ...rewritten.action,
    rewrite: { prefix: '/new', authority: 'other.example.com' },
  } as Route['action'];
  const routes = [
    route({ kind: 'redirect', status: 301, path: '/z' }, '/redirect'),
    route({ kind: 'direct', status: 418, body: { string: 'short and stout' } }, '/direct'),
    route({ kind: 'direct', status: 204, body: { string: 'never sent' } }, '/silent'),
    forwardTo('dead', { match: { path: { kind: 'prefix', value: '/dead' } } }),
    forwardTo('none', { match: { path: { kind: 'prefix', value: '/none' } } }),
    forwardTo('unknown', { match: { path: { kind: 'prefix', value: '/unknown' } } }),
    rewritten,
    forwardTo('up', {
      match: { path: { kind: 'prefix', value: '/' } },
      headers: { request: { set: [['x-set', '%REQ(:path)%']] } },
    }),
  ];
  edge = await startEdge(snapshotOf([virtualHostOf('app.example.com', routes)], clusters));
});
after(async () => {
  await edge.stop();
  echo.stop();
});

test('a forwarded request carries what the gateway adds and nothing of what a client forges', async () => {
  const answer = await get(edge.port(80), 'app.example.com:80', '/a/%2e%2e/b?q', [
    'x-envoy-retry-on: 5xx',
    'x-forwarded-proto: https',
  ]);
  assert.equal(answer?.status, 200);
  assert.equal(headerOf(answer, 'server'), 'istio-envoy');
  const { path, authority, headers } = seen(answer);
  assert.deepEqual([path, authority], ['/b?q', 'app.example.com:80']);
  assert.equal(headers['x-set'], '/b?q');
  assert.equal(headers['x-forwarded-for'], '127.0.0.2');
  assert.equal(headers['x-forwarded-proto'], 'http');
  assert.equal(headers['x-envoy-attempt-count'], '1');
  assert.equal(headers['x-envoy-retry-on'], undefined);
});

test('a rewrite changes path and authority and names the originals', async () => {
  const { path, authority, headers } = seen(await get(edge.port(80), 'app.example.com', '/older?x=1'));
  assert.deepEqual([path, authority], ['/newer?x=1', 'other.example.com']);
  assert.equal(headers['x-envoy-original-path'], '/older?x=1');
  assert.equal(headers['x-envoy-original-host'], 'app.example.com');
});

test('a body is passed on', async () => {
  const answer = await sendRaw(
    edge.port(80),
    ['POST / HTTP/1.1', 'host: app.example.com', 'content-length: 5'],
    'hello',
  );
  assert.equal(seen(answer).body, 'hello');
});

for (const [path, status, body] of [
  ['/direct', 418, 'short and stout'],
  ['/silent', 204, ''],
  ['/none', 503, 'no healthy upstream'],
  ['/unknown', 503, ''],
  ['/dead', 503, 'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure'],
] as const) {
  test(`the gateway itself answers ${path}`, async () => {
    const answer = await get(edge.port(80), 'app.example.com', path);
    assert.deepEqual([answer?.status, answer?.body], [status, body]);
  });
}

test('a connection that breaks is told from one that is refused', async () => {
  const answer = await get(edge.port(80), 'app.example.com', '/', ['x-echo-reset: 1']);
  assert.equal(
    answer?.body,
    'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
  );
});

test('a redirect names the new place', async () => {
  const answer = await get(edge.port(80), 'app.example.com:8080', '/redirect?x=1');
  assert.deepEqual([answer?.status, headerOf(answer, 'location')], [301, 'http://app.example.com:8080/z?x=1']);
});

test('an unknown host gets an empty 404', async () => {
  const answer = await get(edge.port(80), 'nobody.example.com', '/');
  assert.deepEqual([answer?.status, answer?.body, headerOf(answer, 'content-type')], [404, '', undefined]);
});

test('a status that the runtime itself could not write passes on', async () => {
  const answer = await get(edge.port(80), 'app.example.com', '/', ['x-echo-status: 999']);
  assert.deepEqual([answer?.status, headerOf(answer, 'x-echo')], [999, '1']);
});
