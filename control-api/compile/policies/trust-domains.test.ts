import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allNames, trustDomainsOf, underAllNames } from './trust-domains.ts';

const names = trustDomainsOf({ mesh: { trustDomain: 'new', trustDomainAliases: ['old', 'older'] } });

test('a principal of the mesh is meant under every name that the mesh has had', () => {
  assert.deepEqual(underAllNames('old/ns/a/sa/b', names), ['new/ns/a/sa/b', 'old/ns/a/sa/b', 'older/ns/a/sa/b']);
  assert.deepEqual(underAllNames('cluster.local/ns/a/sa/b', names), underAllNames('new/ns/a/sa/b', names));
});

test('a pattern stays for the names that it covers', () => {
  assert.deepEqual(underAllNames('*ld/ns/a/sa/b', names), ['new/ns/a/sa/b', '*ld/ns/a/sa/b', 'older/ns/a/sa/b']);
});

test('another mesh, any mesh, and what is no principal in full stay as they are', () => {
  for (const principal of ['other/ns/a/sa/b', '*/ns/a/sa/b', '*', 'sa/b'])
    assert.deepEqual(underAllNames(principal, names), [principal]);
});

test('one name of the mesh is all its names', () => {
  assert.deepEqual(allNames('old', names), names);
  assert.deepEqual(allNames('other', names), ['other']);
  assert.deepEqual(trustDomainsOf({ mesh: {} }), ['cluster.local']);
});
