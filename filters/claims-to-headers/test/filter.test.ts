import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (payload: unknown) => `Bearer ${part({ alg: 'none' })}.${part(payload)}.x`;
const claims = { sub: 'x-sub', 'realm.roles': 'x-roles', age: 'x-age', 'a.b': 'x-ab', note: 'x-note' };
const load = (more: object = {}) => loadFilter('build/claims-to-headers.wasm', { config: { claims, ...more } });

test('claims become headers: texts, numbers, lists, nested ones', async () => {
  const payload = { sub: 'änn', realm: { roles: ['a', 'b'] }, age: 41, 'a.b': true };
  const { upstream } = await (await load()).request({ headers: { authorization: token(payload) } });
  assert.equal(upstream?.headers.get('x-sub'), 'änn');
  assert.equal(upstream?.headers.get('x-roles'), 'a,b');
  assert.equal(upstream?.headers.get('x-age'), '41');
  assert.equal(upstream?.headers.get('x-ab'), 'true');
});

test('a client brings no claims of its own', async () => {
  const forged = { 'x-sub': 'root', 'x-roles': 'admin' };
  for (const headers of [forged, { ...forged, authorization: token({}) }, { ...forged, authorization: 'Bearer a.b' }]) {
    const { upstream } = await (await load()).request({ headers });
    assert.equal(upstream?.headers.get('x-sub'), null);
    assert.equal(upstream?.headers.get('x-roles'), null);
  }
});

test('a claim with a line break is left out', async () => {
  const { upstream } = await (await load()).request({ headers: { authorization: token({ note: 'a\r\nx: y' }) } });
  assert.equal(upstream?.headers.get('x-note'), null);
});

test('another header without a prefix', async () => {
  const filter = await load({ header: 'x-token', prefix: '' });
  const { upstream } = await filter.request({ headers: { 'x-token': token({ sub: 's' }).slice(7) } });
  assert.equal(upstream?.headers.get('x-sub'), 's');
});
