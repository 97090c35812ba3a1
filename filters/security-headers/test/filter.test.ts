import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const load = (config: unknown = {}) => loadFilter('build/security-headers.wasm', { config });

test('the defaults keep a page to itself', async () => {
  const { response } = await (await load()).request();
  assert.equal(response?.headers.get('x-frame-options'), 'DENY');
  assert.equal(response?.headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains');
  assert.match(response?.headers.get('content-security-policy') ?? '', /default-src 'self'/);
  assert.equal(response?.headers.get('permissions-policy'), null);
});

test('what the application says stays, unless override is set', async () => {
  const upstream = { headers: { 'x-frame-options': 'SAMEORIGIN' } };
  const kept = await (await load()).request({}, upstream);
  assert.equal(kept.response?.headers.get('x-frame-options'), 'SAMEORIGIN');
  const replaced = await (await load({ override: true })).request({}, upstream);
  assert.equal(replaced.response?.headers.get('x-frame-options'), 'DENY');
});

test('headers are switched off, shaped and removed', async () => {
  const filter = await load({
    frameOptions: '',
    hsts: { maxAge: 60, includeSubDomains: false, preload: true },
    remove: ['x-powered-by'],
  });
  const { response } = await filter.request({}, { headers: { 'x-powered-by': 'php' } });
  assert.equal(response?.headers.get('x-frame-options'), null);
  assert.equal(response?.headers.get('strict-transport-security'), 'max-age=60; preload');
  assert.equal(response?.headers.get('x-powered-by'), null);
});
