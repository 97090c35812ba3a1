import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../exchange.ts';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import { RequestHeaderView } from '../listener/request-header-view.ts';
import { EdgeRequestHeaders, EdgeResponseHeaders } from './edge-headers.ts';

const request = (headers: Record<string, string>) =>
  new EdgeRequestHeaders({
    requestHeaders: new RequestHeaderView(new Headers(headers)),
    ...{ authority: 'a.example', path: '/p?q', method: 'GET', scheme: 'http' },
  } as unknown as Exchange);
const response = (headers: Record<string, string>) =>
  new EdgeResponseHeaders({
    responseHeaders: new CopyOnWriteHeaders(new Headers(headers)),
    status: 200,
  } as unknown as Exchange);

test('a name may have any case, in both directions', () => {
  for (const map of [request({ 'x-a': '1' }), response({ 'x-a': '1' })]) {
    assert.equal(map.get('X-A'), '1');
    map.set('X-B', '2');
    assert.equal(map.get('x-b'), '2');
    map.remove('X-B');
    assert.equal(map.get('x-b'), null);
  }
});

test('a name that HTTP forbids is absent when it is asked for, and cannot be added', () => {
  for (const map of [request({}), response({})]) {
    assert.equal(map.get('no name'), null);
    map.remove('no name');
    assert.throws(() => map.add('no name', ''));
  }
});

test('the number of lines follows what the filter changes', () => {
  const map = request({ host: 'a.example', 'x-a': '1' });
  assert.equal(map.size, map.entries().length);
  map.add('x-b', '1');
  map.add('x-b', '2');
  map.set('x-a', '2');
  map.remove('x-absent');
  assert.equal(map.size, map.entries().length);
  map.remove('x-a');
  assert.equal(map.size, map.entries().length);
});

test('pseudo headers are the exchange itself', () => {
  const map = request({});
  map.set(':path', '/other');
  assert.deepEqual([map.get(':path'), map.get(':method'), map.get('host')], ['/other', 'GET', 'a.example']);
  assert.equal(map.get(':none'), null);
  assert.throws(() => map.set(':scheme', 'https'));
  assert.equal(response({}).get(':status'), '200');
});

test('the lines of a cookie stay apart and are joined for a property; the host is no header', () => {
  const map = response({});
  map.add('set-cookie', 'a=1');
  map.add('Set-Cookie', 'b=2');
  assert.equal(map.joined('Set-Cookie'), 'a=1,b=2');
  assert.equal(map.joined('x-absent'), null);
  assert.equal(request({ host: 'a.example', 'x-a': '1' }).joined('X-A'), '1');
  assert.equal(request({ host: 'a.example' }).joined('host'), null);
});
