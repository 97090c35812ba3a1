import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import type { Cluster } from '../snapshot.ts';
import { foldMeshHeaders, leaveMesh, readEntry, withoutPolicy } from './mesh-headers.ts';

const behind = { name: 'outbound|80||ui.default.svc.cluster.local', resolution: 'MESH' } as Cluster;
const headersOf = (pairs: Record<string, string>) => new CopyOnWriteHeaders(new Headers(pairs), true);
const addressed = (requestHeaders: CopyOnWriteHeaders) => ({ requestHeaders, clientAddress: '192.0.2.7' });

test('what the edge says replaces whatever a client said under these names', () => {
  const headers = headersOf({
    'x-forwarded-for': '198.51.100.6,192.0.2.7,10.0.0.1',
    'x-request-id': 'ours',
    'x-bowsprit-destination': 'theirs',
    'x-bowsprit-assertion': 'theirs',
    'x-bowsprit-authority': 'theirs',
    'x-bowsprit-forwarded-for': 'theirs',
    'x-bowsprit-request-id': 'theirs',
  });
  foldMeshHeaders(behind, 'p-1')?.(addressed(headers));
  assert.deepEqual(Object.fromEntries(headers.entries()), {
    'x-forwarded-for': '192.0.2.7',
    'x-request-id': 'ours',
    'x-bowsprit-destination': `${behind.name};p-1`,
    'x-bowsprit-forwarded-for': '198.51.100.6,192.0.2.7,10.0.0.1',
    'x-bowsprit-request-id': 'ours',
  });
});

test('a try that may have reached the entry is followed by one without its policy; elsewhere nothing changes', () => {
  const headers = headersOf({});
  foldMeshHeaders(behind, 'p-1')?.(addressed(headers));
  withoutPolicy(addressed(headers), behind);
  assert.equal(headers.get('x-bowsprit-destination'), behind.name);
  const others = headersOf({});
  withoutPolicy(addressed(others), { ...behind, resolution: 'STATIC' });
  assert.deepEqual([...others.entries()], []);
  assert.equal(foldMeshHeaders({ ...behind, resolution: 'STATIC' }), undefined);
});

test('a mirror that leaves the mesh takes nothing of it along', () => {
  const before = { 'x-forwarded-for': '198.51.100.6,192.0.2.7', 'x-request-id': 'ours', 'x-a': '1' };
  const headers = headersOf(before);
  foldMeshHeaders(behind)?.(addressed(headers));
  leaveMesh(headers);
  assert.deepEqual(Object.fromEntries(headers.entries()), before);
});

test('the entry’s flags and details are read and taken out; what is no flag is left out', () => {
  const read = (value: string) => {
    const headers = headersOf({ 'x-bowsprit-entry': value });
    const entry = readEntry(headers);
    assert.equal(headers.has('x-bowsprit-entry'), false);
    return [entry?.flags, entry?.details];
  };
  assert.deepEqual(read('UF,URX upstream_reset_before_response_started{remote_connection_failure}'), [
    ['UF', 'URX'],
    'upstream_reset_before_response_started{remote_connection_failure}',
  ]);
  assert.deepEqual(read('- via_upstream'), [[], 'via_upstream']);
  assert.deepEqual(read('toString constructor'), [[], 'constructor']);
  assert.equal(readEntry(headersOf({})), undefined);
});
