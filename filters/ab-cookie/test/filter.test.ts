import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const load = (variants: unknown, more: object = {}) =>
  loadFilter('build/ab-cookie.wasm', { config: { variants, ...more } });

test('a newcomer gets a variant and a cookie, and the route is chosen again', async () => {
  const { upstream, response, rerouted } = await (await load({ blue: 1 })).request();
  assert.equal(upstream?.headers.get('x-variant'), 'blue');
  assert.equal(response?.headers.get('set-cookie'), 'ab=blue; Path=/; Max-Age=2592000; SameSite=Lax');
  assert.equal(rerouted, true);
});

test('the cookie is kept, and not set again', async () => {
  const filter = await load({ blue: 1, green: 99 });
  const { upstream, response } = await filter.request({ headers: { cookie: 'x=1; ab=blue; y=2' } });
  assert.equal(upstream?.headers.get('x-variant'), 'blue');
  assert.equal(response?.headers.get('set-cookie'), null);
});

test('a variant that is no longer there is replaced, and the header cannot be forged', async () => {
  const filter = await load({ green: 1 });
  const { upstream } = await filter.request({ headers: { cookie: 'ab=red', 'x-variant': 'red' } });
  assert.deepEqual(upstream?.headers.all('x-variant'), ['green']);
});

test('weights hold', async () => {
  // Not in Envoy as well: thousands of requests take minutes there.
  const config = { variants: { a: 1, b: 3, never: 0 } };
  const filter = await loadFilter('build/ab-cookie.wasm', { config, envoy: false });
  const counts: Record<string, number> = {};
  for (let i = 0; i < 2000; i++) {
    const { upstream } = await filter.request({ headers: { 'x-request-id': String(i) } });
    const variant = upstream?.headers.get('x-variant') ?? '';
    counts[variant] = (counts[variant] ?? 0) + 1;
  }
  assert.ok(Math.abs((counts.a ?? 0) - 500) < 100, JSON.stringify(counts));
  assert.equal(counts.never, undefined);
});

test('without any weight there is nothing to choose', async () => {
  assert.equal((await load({ a: 0 })).stats.startFailures, 1);
});
