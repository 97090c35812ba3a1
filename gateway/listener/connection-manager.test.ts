import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snapshotOf } from '../../test/support/snapshot.ts';
import type { ProxyHeaders } from '../snapshot.ts';
import { foldConnectionManager } from './connection-manager.ts';
import { REMOVED } from './request-headers.ts';

const { mesh } = snapshotOf([], []);

test('the mesh decides where no EnvoyFilter does', () => {
  const folded = foldConnectionManager({ mesh: { ...mesh, numTrustedProxies: 2 } });
  assert.deepEqual(folded, {
    pathNormalization: mesh.pathNormalization,
    trustedHops: 2,
    stripAnyHostPort: false,
    serverName: 'istio-envoy',
    removed: REMOVED,
    makesRequestId: true,
    tellsPort: false,
    clientCertificate: 'SANITIZE_SET',
  });
});

test('an EnvoyFilter counts more than the mesh, 0 too', () => {
  const settings = { xffNumTrustedHops: 0, stripAnyHostPort: true, serverName: 'edge' };
  const folded = foldConnectionManager({ mesh: { ...mesh, numTrustedProxies: 2 } }, settings);
  assert.equal(folded.trustedHops, 0);
  assert.equal(folded.stripAnyHostPort, true);
  assert.equal(folded.serverName, 'edge');
});

test('the mesh says which headers are told', () => {
  const told = (proxyHeaders: ProxyHeaders) => foldConnectionManager({ mesh: { ...mesh, proxyHeaders } });
  assert.equal(told({ server: 'mine' }).serverName, 'mine');
  assert.equal(told({ server: null }).serverName, undefined);
  assert.equal(told({ forwardedPort: true }).tellsPort, true);
  assert.ok(told({ clientCertificate: 'SANITIZE' }).removed.has('x-forwarded-client-cert'));
  assert.ok(!told({ clientCertificate: 'ALWAYS_FORWARD_ONLY' }).removed.has('x-forwarded-client-cert'));
  const filtered = foldConnectionManager({ mesh: { ...mesh, proxyHeaders: { server: null } } }, { serverName: 'edge' });
  assert.equal(filtered.serverName, undefined, 'passed through, whatever name an EnvoyFilter gives');
});

test('merge_slashes adds to what merges none, and takes nothing from what does more', () => {
  const merging = (pathNormalization: typeof mesh.pathNormalization) =>
    foldConnectionManager({ mesh: { ...mesh, pathNormalization } }, { mergeSlashes: true }).pathNormalization;
  assert.equal(merging('BASE'), 'MERGE_SLASHES');
  assert.equal(merging('NONE'), 'MERGE_SLASHES');
  assert.equal(merging('DECODE_AND_MERGE_SLASHES'), 'DECODE_AND_MERGE_SLASHES');
});
