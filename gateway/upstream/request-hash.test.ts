import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../exchange.ts';
import type { HashPolicy } from '../snapshot.ts';
import { hex, xxHash64 } from './balance/xxhash64.ts';
import { cookieValue, foldRequestHash } from './request-hash.ts';

const exchange = (headers: Record<string, string> = {}, path = '/'): Exchange =>
  ({
    authority: 'app.example.com',
    path,
    clientAddress: '10.1.2.3',
    peer: { address: '127.0.0.2', port: 4242 },
    listener: { name: '0.0.0.0_80' },
    requestHeaders: new Headers(headers),
  }) as unknown as Exchange;

function hashed(policies: HashPolicy[], x: Exchange): { hash: string | undefined; cookies: string[] } {
  const cookies: string[] = [];
  const hash = foldRequestHash(policies)!(x, cookies);
  return { hash: hash && hex(hash), cookies };
}
const of = (text: string) => hex(xxHash64(text));

test('no policy folds to nothing', () => assert.equal(foldRequestHash([]), undefined));

test('a header, whatever the case of its name in the YAML; absent: no hash', () => {
  const policy: HashPolicy = { kind: 'header', name: 'X-User' };
  assert.equal(hashed([policy], exchange({ 'x-user': 'ann' })).hash, of('ann'));
  assert.equal(hashed([policy], exchange()).hash, undefined);
});

test('the trusted client address', () => assert.equal(hashed([{ kind: 'sourceIp' }], exchange()).hash, of('10.1.2.3')));

test('a query parameter: the first one, as it is written', () => {
  const policy: HashPolicy = { kind: 'queryParameter', name: 'u' };
  assert.equal(hashed([policy], exchange({}, '/p?a=1&u=x%20y&u=2')).hash, of('x%20y'));
  assert.equal(hashed([policy], exchange({}, '/p?u')).hash, of(''));
  assert.equal(hashed([policy], exchange({}, '/p?uu=1')).hash, undefined);
});

test('a cookie the client has is not set again', () => {
  const policy: HashPolicy = { kind: 'cookie', name: 'sess', ttlMs: 60_000 };
  assert.deepEqual(hashed([policy], exchange({ cookie: 'a=b; sess="abc"' })), { hash: of('abc'), cookies: [] });
});

test('a cookie is made when it has a ttl, and its value is what is hashed', () => {
  const policy: HashPolicy = { kind: 'cookie', name: 'sess', path: '/p', ttlMs: 60_000 };
  const { hash, cookies } = hashed([policy], exchange());
  const [, value] = /^sess="([0-9a-f]{16})"; Max-Age=60; Path=\/p; HttpOnly$/.exec(cookies[0]!)!;
  assert.equal(hash, of(value!));
});

test('a session cookie has no age; without ttl none is made', () => {
  const session: HashPolicy = {
    kind: 'cookie',
    name: 's',
    ttlMs: 0,
    attributes: [{ name: 'SameSite', value: 'Strict' }],
  };
  assert.match(hashed([session], exchange()).cookies[0]!, /^s="[0-9a-f]{16}"; SameSite=Strict; HttpOnly$/);
  assert.deepEqual(hashed([{ kind: 'cookie', name: 's' }], exchange()), { hash: undefined, cookies: [] });
});

test('several policies are mixed: the old hash turned by one bit, then xor', () => {
  const policies: HashPolicy[] = [
    { kind: 'header', name: 'a' },
    { kind: 'header', name: 'absent' },
    { kind: 'header', name: 'b' },
  ];
  const old = BigInt(`0x${of('1')}`);
  const turned = BigInt.asUintN(64, (old << 1n) | (old >> 63n));
  const mixed = turned ^ BigInt(`0x${of('2')}`);
  assert.equal(hashed(policies, exchange({ a: '1', b: '2' })).hash, mixed.toString(16).padStart(16, '0'));
});

test('cookies joined by the runtime with a comma are still apart', () => {
  assert.equal(cookieValue('a=1, b="x=y"; c=3', 'b'), 'x=y');
  assert.equal(cookieValue('ab=1', 'b'), undefined);
});
