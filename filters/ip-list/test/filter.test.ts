import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const load = (config: unknown) => loadFilter('build/ip-list.wasm', { config });
const from = (address: string) => ({ headers: { 'x-envoy-external-address': address } });
const status = async (config: unknown, address: string) =>
  (await (await load(config)).request(from(address))).response?.status;

test('deny goes before allow, and an allow list keeps everybody else out', async () => {
  const config = { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.1.2.0/23'] };
  assert.equal(await status(config, '10.9.9.9'), 200);
  assert.equal(await status(config, '10.1.3.255'), 403);
  assert.equal(await status(config, '10.1.4.0'), 200);
  assert.equal(await status(config, '192.0.2.1'), 403);
  assert.equal(await status(config, '2001:db8:1::5'), 200);
  assert.equal(await status(config, '2001:db9::1'), 403);
});

test('only a deny list: others pass', async () => {
  assert.equal(await status({ deny: ['192.0.2.7'] }, '192.0.2.7'), 403);
  assert.equal(await status({ deny: ['192.0.2.7'] }, '192.0.2.8'), 200);
});

test('an IPv4 address in its IPv6 form is the same address', async () => {
  assert.equal(await status({ deny: ['192.0.2.7'] }, '::ffff:192.0.2.7'), 403);
});

test('without the header the peer counts', async () => {
  const filter = await load({ allow: ['127.0.0.0/8'] });
  assert.equal((await filter.request({ source: { address: '127.0.0.1', port: 4000 } })).response?.status, 200);
});

test('an address that is none is on no list', async () => {
  assert.equal(await status({ allow: ['0.0.0.0/0'] }, 'nonsense'), 403);
});

test('a block that is none is refused', async () => {
  assert.equal((await load({ deny: ['10.0.0.0/99'] })).stats.startFailures, 1);
});
