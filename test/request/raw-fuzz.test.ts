import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type Echo, type Seen, startEcho } from '../support/echo.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { get, headerOf, sendRaw } from '../support/raw-http.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

let echo: Echo;
let edge: Edge;
before(async () => {
  echo = await startEcho();
  const private_ = { name: '', match: { path: { kind: 'prefix' as const, value: '/private' } } };
  const refuse = { ...forwardTo('up'), ...private_, action: { kind: 'direct' as const, status: 403 } };
  const virtualHosts = [virtualHostOf('app.example.com', [refuse, forwardTo('up')])];
  edge = await startEdge(snapshotOf(virtualHosts, [clusterOf('up', [echo.port])]));
});
after(async () => {
  await edge.stop();
  echo.stop();
});

/** Visible ASCII and a little beyond it, with what paths and header lines are made of more often than the rest. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '..', '.', '%2e', '%2f', '%5c', '\\', ';', '?', '#', ':', '%00', '//', 'private', '%'),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join('').replace(/[\r\n]/g, ''));
const RUNS = { seed: 20261121, numRuns: 150 };

test('whatever the request line says, an answer comes and the next request is served', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('GET', 'POST', 'get', 'OPTIONS', 'TRACE', ''), text, async (method, target) => {
      const answer = await sendRaw(edge.port(80), [`${method} ${target} HTTP/1.1`, 'host: app.example.com']);
      assert.ok(answer === undefined || (answer.status >= 200 && answer.status < 600), `status ${answer?.status}`);
    }),
    RUNS,
  );
  assert.equal((await get(edge.port(80), 'app.example.com', '/'))?.status, 200);
});

test('no spelling of a path slips past a refused prefix and still means it to the upstream', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (target) => {
      const answer = await get(edge.port(80), 'app.example.com', `/${target.replace(/[\s#]/g, '')}`);
      if (answer?.status !== 200 || headerOf(answer, 'x-echo') === undefined) return;
      const { path } = JSON.parse(answer.body) as Seen;
      const resolved = new URL(`http://app.example.com${path}`).pathname;
      assert.ok(!path.startsWith('/private') && !resolved.startsWith('/private'), `${target} arrived as ${path}`);
    }),
    RUNS,
  );
});

test('header lines of any content neither break the gateway nor forge what it says itself', async () => {
  const line = fc.tuple(
    fc.constantFrom('x-a', 'X-Forwarded-For', 'x-envoy-internal', 'X-Request-Id', 'x-envoy-external-address'),
    text,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
      const answer = await get(
        edge.port(80),
        'app.example.com',
        '/',
        lines.map(([name, value]) => `${name}: ${value}`),
      );
      if (answer?.status !== 200) return;
      const { headers } = JSON.parse(answer.body) as Seen;
      assert.equal(headers['x-envoy-external-address'], '127.0.0.2');
      assert.equal(headers['x-envoy-internal'], undefined);
      assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/);
      assert.match(String(headers['x-forwarded-for']), /127\.0\.0\.2$/);
    }),
    RUNS,
  );
});
