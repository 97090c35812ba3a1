import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const load = (config: unknown) => loadFilter('build/json-body.wasm', { config });
const post = (body: string | string[]) => ({ method: 'POST', headers: JSON_TYPE, body });
const rules = { required: { name: 'string', 'address.zip': 'number', tags: 'array' } };

test('a body that holds what it must passes unchanged', async () => {
  const body = '{"name":"a", "address":{"zip":1},"tags":[]}';
  const filter = await load(rules);
  assert.equal((await filter.request(post(body))).upstream?.body, body);
  assert.equal((await filter.request(post([body.slice(0, 9), body.slice(9)]))).upstream?.body, body);
});

for (const [body, complaint] of [
  ['{"address":{"zip":1},"tags":[]}', 'name is missing'],
  ['{"name":"a","address":{"zip":"1"},"tags":[]}', 'address.zip must be number'],
  ['{"name":"a","address":[],"tags":[]}', 'address.zip is missing'],
  ['{"name":', 'the body is not JSON'],
] as const) {
  test(`${body} is refused: ${complaint}`, async () => {
    const { response } = await (await load(rules)).request(post(body));
    assert.equal(response?.status, 400);
    assert.equal(response?.body, `${complaint}\n`);
  });
}

test('another kind of body is no business of this filter', async () => {
  const request = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' };
  assert.equal((await (await load(rules)).request(request)).upstream?.body, 'x');
});

test('fields of answers are masked, in lists too', async () => {
  const filter = await load({ mask: ['card', 'users.email'] });
  const body = '{"card":"4111","users":[{"email":"a@b","id":1},{"id":2}]}';
  const { response } = await filter.request({}, { headers: JSON_TYPE, body });
  assert.equal(response?.body, '{"card":"***","users":[{"email":"***","id":1},{"id":2}]}');
});

test('an answer that claims to be JSON and is not does not get out', async () => {
  const { response } = await (await load({ mask: ['card'] })).request({}, { headers: JSON_TYPE, body: 'card 4111' });
  assert.equal(response?.body, 'null');
});
