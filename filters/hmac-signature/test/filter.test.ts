import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const SECRET = randomBytes(32);
const NOW = Date.now();
const load = () =>
  loadFilter('build/hmac-signature.wasm', { config: { keys: { shop: SECRET.toString('base64') } }, now: NOW });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function signed(init: { method?: string; path: string; body?: string; at?: number; key?: string; secret?: Buffer }) {
  const { method = 'GET', path, body = '', at = NOW, key = 'shop', secret = SECRET } = init;
  const timestamp = Math.floor(at / 1000);
  const text = [method, path, timestamp, sha256(body)].join('\n');
  const signature = createHmac('sha256', secret).update(text).digest('base64');
  const authorization = `HMAC-SHA256 keyId=${key},timestamp=${timestamp},signature=${signature}`;
  return { method, path, headers: { authorization, 'x-content-sha256': sha256(body) }, ...(body && { body }) };
}

test('a signed request passes with its key id', async () => {
  const { upstream } = await (await load()).request(signed({ path: '/a?b=c' }));
  assert.equal(upstream?.headers.get('x-key-id'), 'shop');
  assert.equal(upstream?.headers.get('authorization'), null);
});

test('a body is covered, however it arrives', async () => {
  const request = signed({ method: 'POST', path: '/a', body: 'hello world' });
  const filter = await load();
  assert.equal((await filter.request(request)).upstream?.body, 'hello world');
  assert.equal((await filter.request({ ...request, body: ['hello ', 'world'] })).upstream?.body, 'hello world');
  assert.equal((await filter.request({ ...request, body: 'hello World' })).response?.status, 401);
});

for (const [what, request] of Object.entries({
  'no signature': { path: '/a' },
  'another path': { ...signed({ path: '/a' }), path: '/b' },
  'another method': { ...signed({ path: '/a' }), method: 'DELETE' },
  'an unknown key': signed({ path: '/a', key: 'other' }),
  'another secret': signed({ path: '/a', secret: randomBytes(32) }),
  'an old request': signed({ path: '/a', at: NOW - 600_000 }),
  'a request from the future': signed({ path: '/a', at: NOW + 600_000 }),
  'a body that was taken away': { ...signed({ method: 'POST', path: '/a', body: 'x' }), body: '' },
})) {
  test(`${what} is refused`, async () => {
    const { upstream, response } = await (await load()).request(request);
    assert.equal(upstream, undefined);
    assert.equal(response?.status, 401);
  });
}

test('a short secret is refused', async () => {
  const filter = await loadFilter('build/hmac-signature.wasm', { config: { keys: { a: 'c2hvcnQ=' } } });
  assert.equal(filter.stats.startFailures, 1);
});
