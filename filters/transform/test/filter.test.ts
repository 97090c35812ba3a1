import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFilter } from 'bowsprit-sdk/harness';

const load = (config: unknown) => loadFilter('build/transform.wasm', { config });

test('headers: removed, then set, then added', async () => {
  const filter = await load({ request: { remove: ['x-a'], set: { 'x-b': '1' }, add: { 'x-c': '2' } } });
  const { upstream } = await filter.request({ headers: { 'x-a': 'a', 'x-b': 'b', 'x-c': 'c' } });
  assert.equal(upstream?.headers.get('x-a'), null);
  assert.deepEqual(upstream?.headers.all('x-b'), ['1']);
  assert.match(upstream?.headers.all('x-c').join() ?? '', /c.*2/);
});

test('the first prefix of the path that fits is replaced', async () => {
  const filter = await load({ request: { path: { '/v1/': '/', '/v1/a': '/never' } } });
  assert.equal((await filter.request({ path: '/v1/a?x=1' })).upstream?.path, '/a?x=1');
  assert.equal((await filter.request({ path: '/v2/a' })).upstream?.path, '/v2/a');
});

test('words in both bodies, across pieces, whatever the new length', async () => {
  const filter = await load({ request: { body: { cat: 'lion' } }, response: { body: { secret: '***' } } });
  const request = { method: 'POST', headers: { 'content-length': '9' }, body: ['one c', 'at x'] };
  const upstream = { headers: { 'content-length': '12' }, body: ['a sec', 'ret tea'] };
  const result = await filter.request(request, upstream);
  assert.equal(result.upstream?.body, 'one lion x');
  assert.equal(result.response?.body, 'a *** tea');
});

test('a compressed answer is left alone', async () => {
  const filter = await load({ response: { body: { a: 'b' } } });
  const { response } = await filter.request({}, { headers: { 'content-encoding': 'gzip' }, body: 'aaa' });
  assert.equal(response?.body, 'aaa');
});
