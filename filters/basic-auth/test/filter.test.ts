import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const hash = (salt: string, password: string) =>
  `sha256:${salt}:${createHash('sha256')
    .update(salt + password)
    .digest('hex')}`;
const load = (config: unknown = { users: { ann: hash('x1', 'pä:ss') }, realm: 'team' }) =>
  loadFilter('build/basic-auth.wasm', { config });
const basic = (text: string) => ({ headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } });

test('the right password passes, and only the name goes on', async () => {
  const { upstream } = await (await load()).request(basic('ann:pä:ss'));
  assert.equal(upstream?.headers.get('x-user'), 'ann');
  assert.equal(upstream?.headers.get('authorization'), null);
});

for (const [what, request] of Object.entries({
  nothing: {},
  'a wrong password': basic('ann:pass'),
  'an unknown user': basic('bob:pä:ss'),
  'no colon': basic('ann'),
  'no base64': { headers: { authorization: 'Basic !!!' } },
  'another scheme': { headers: { authorization: 'Bearer x' } },
  'an empty name and password': basic(':'),
})) {
  test(`${what} is challenged`, async () => {
    const { upstream, response } = await (await load()).request(request);
    assert.equal(upstream, undefined);
    assert.equal(response?.status, 401);
    assert.equal(response?.headers.get('www-authenticate'), 'Basic realm="team", charset="UTF-8"');
  });
}

test('a client cannot name itself', async () => {
  const request = { headers: { ...basic('ann:pä:ss').headers, 'x-user': 'root' } };
  assert.deepEqual((await (await load()).request(request)).upstream?.headers.all('x-user'), ['ann']);
});

test('plain passwords in the configuration are refused', async () => {
  assert.equal((await load({ users: { ann: 'secret' } })).stats.startFailures, 1);
});
