/** Names as Istio resolves them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moreSpecificFirst, resolveGateway, resolveHost, subsetOf, wildcardsAbove } from './names.ts';

test('only a name without a dot is completed', () => {
  const resolve = (host: string) => resolveHost(host, 'ns', 'cluster.local');
  assert.equal(resolve('reviews'), 'reviews.ns.svc.cluster.local');
  for (const host of ['reviews.other', '*', '10.0.0.1', '::1', 'api.example.org', ''])
    assert.equal(resolve(host), host);
});

test('gateways are named in four ways', () => {
  for (const name of ['ns/gw', './gw', 'gw', 'gw.ns', 'gw.ns.svc.cluster.local']) {
    assert.equal(resolveGateway(name, 'ns'), 'ns/gw');
  }
  assert.equal(resolveGateway('mesh', 'ns'), 'mesh');
});

test('a wildcard covers any depth and not the apex', () => {
  assert.ok(subsetOf('a.b.example.com', '*.example.com'));
  assert.ok(subsetOf('*.b.example.com', '*.example.com'));
  assert.ok(!subsetOf('example.com', '*.example.com'));
  assert.ok(!subsetOf('*.example.com', '*.b.example.com'));
  assert.deepEqual([...wildcardsAbove('a.b.c')], ['*.b.c', '*.c', '*']);
  assert.deepEqual([...wildcardsAbove('*.b.c')], ['*.c', '*']);
});

test('exact names go before wildcards, longer before shorter', () => {
  const sorted = ['*', 'b.com', '*.com', 'a.com', 'long.a.com', '*.a.com'].sort(moreSpecificFirst);
  assert.deepEqual(sorted, ['long.a.com', 'a.com', 'b.com', '*.a.com', '*.com', '*']);
});
