import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const hash = (key: string) => createHash('sha256').update(key).digest('hex');
const load = (more: object = {}) =>
  loadFilter('build/api-key.wasm', { config: { keys: { [hash('k-1')]: 'shop', [hash('k 2')]: 'mobile' }, ...more } });

test('a known key passes under its name', async () => {
  const { upstream } = await (await load()).request({ headers: { 'x-api-key': 'k-1', 'x-client': 'root' } });
  assert.deepEqual(upstream?.headers.all('x-client'), ['shop']);
  assert.equal(upstream?.headers.get('x-api-key'), null);
});

test('no key, or another, is 401', async () => {
  const filter = await load();
  assert.equal((await filter.request()).response?.status, 401);
  assert.equal((await filter.request({ headers: { 'x-api-key': 'k-2' } })).response?.status, 401);
  assert.equal((await filter.request({ path: '/?api_key=k-1' })).response?.status, 401);
});

test('in the query, decoded and taken out', async () => {
  const filter = await load({ query: 'api_key' });
  const { upstream } = await filter.request({ path: '/a?x=1&api_key=k%202&y=2' });
  assert.equal(upstream?.headers.get('x-client'), 'mobile');
  assert.equal(upstream?.path, '/a?x=1&y=2');
  assert.equal((await filter.request({ path: '/a?api_key=k-1' })).upstream?.path, '/a');
});

test('keys in clear are refused', async () => {
  const filter = await loadFilter('build/api-key.wasm', { config: { keys: { 'k-1': 'shop' } } });
  assert.equal(filter.stats.startFailures, 1);
});
