import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../../test/support/snapshot.ts';
import { VirtualHostTable } from './virtual-host-table.ts';

const domains = ['app.example.com', '*.example.com', '*.wild.example.com', 'one.wild.example.com', '*'];

function tableOf(hosts: readonly string[]): VirtualHostTable {
  const snapshot = snapshotOf(
    hosts.map((host) => virtualHostOf(host, [forwardTo('up')])),
    [clusterOf('up', [1])],
  );
  return new VirtualHostTable(snapshot, snapshot.listeners[0]!, snapshot.routeTables['http.80']);
}

for (const [authority, expected] of [
  ['app.example.com', 'app.example.com'],
  ['APP.Example.COM:8080', 'app.example.com'],
  ['app.example.com:abc', 'app.example.com'],
  ['app.example.com.', '*'],
  ['x.example.com', '*.example.com'],
  ['x.wild.example.com', '*.wild.example.com'],
  ['a.b.wild.example.com', '*.wild.example.com'],
  ['one.wild.example.com', 'one.wild.example.com'],
  ['wild.example.com', '*.example.com'],
  ['.wild.example.com', '*.example.com'],
  ['example.com', '*'],
  ['[::1]:80', '*'],
  ['', '*'],
] as const) {
  test(`"${authority}" goes to ${expected}`, () => {
    assert.deepEqual(tableOf(domains).find(authority)?.virtualHost.domains, [expected]);
  });
}

test('without `*` an unknown host has no virtual host', () => {
  assert.equal(tableOf(['app.example.com']).find('b.example.com'), undefined);
  assert.equal(tableOf(['*.example.com']).find('.example.com'), undefined);
});

for (const [authority, expected] of [
  ['b-shop.example.com', '*-shop.example.com'],
  ['a.b-shop.example.com', '*-shop.example.com'],
  ['a-shop.example.com', 'a-shop.example.com'],
  ['-shop.example.com', '*.example.com'],
  ['shop.example.com', '*.example.com'],
  ['.example.com', undefined],
] as const) {
  test(`beside a wildcard within a label "${authority}" goes to ${expected ?? 'nobody'}`, () => {
    const table = tableOf(['*-shop.example.com', '*.example.com', 'a-shop.example.com']);
    assert.equal(table.find(authority)?.virtualHost.domains[0], expected);
  });
}
