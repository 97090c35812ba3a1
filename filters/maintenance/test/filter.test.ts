import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const load = (config: unknown) => loadFilter('build/maintenance.wasm', { config });

test('everybody gets the page', async () => {
  const filter = await load({ body: '<h1>soon</h1>', contentType: 'text/html', retryAfter: 120 });
  const { upstream, response } = await filter.request({ path: '/shop' });
  assert.equal(upstream, undefined);
  assert.equal(response?.status, 503);
  assert.equal(response?.body, '<h1>soon</h1>');
  assert.equal(response?.headers.get('retry-after'), '120');
  assert.equal(response?.headers.get('content-type'), 'text/html');
});

test('health checks and those with the header pass', async () => {
  const filter = await load({ allowPaths: ['/healthz'], bypassHeader: 'X-Team', bypassValue: 's3' });
  assert.ok((await filter.request({ path: '/healthz' })).upstream);
  assert.ok((await filter.request({ headers: { 'x-team': 's3' } })).upstream);
  assert.equal((await filter.request({ headers: { 'x-team': 'other' } })).response?.status, 503);
});

test('switched off, nothing happens', async () => {
  assert.ok((await (await load({ enabled: false })).request()).upstream);
});

test('a bypass without a value is refused', async () => {
  assert.equal((await load({ bypassHeader: 'x-team' })).stats.startFailures, 1);
});
