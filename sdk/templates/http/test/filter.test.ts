import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const load = () => loadFilter('build/NAME.wasm', { config: { greeting: 'hi' } });

test('both directions get the greeting', async () => {
  const filter = await load();
  const { upstream, response } = await filter.request({ path: '/' });
  assert.equal(upstream?.headers.get('x-NAME'), 'hi');
  assert.equal(response?.headers.get('x-NAME'), 'hi');
});

test('/NAME is answered here', async () => {
  const filter = await load();
  const { upstream, response } = await filter.request({ path: '/NAME' });
  assert.equal(upstream, undefined);
  assert.equal(response?.body, 'hi\n');
});

test('a configuration that is not JSON is refused', async () => {
  const filter = await loadFilter('build/NAME.wasm', { config: '{' });
  assert.equal(filter.stats.startFailures, 1);
  assert.equal((await filter.request()).response?.status, 503);
});

test('nothing is left behind', async () => {
  const filter = await load();
  await filter.assertNoLeaks(() => filter.request({ path: '/' }));
});
