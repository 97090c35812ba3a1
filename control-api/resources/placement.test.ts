import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadResources } from './load.ts';
import { placementsOf } from './placement.ts';

const placements = (kind: string, spec: string) => {
  const text = `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: a}\nspec: ${spec}\n`;
  const [resource] = loadResources([{ file: 'a.yaml', text }], { namespace: 'default' }).resources;
  assert.ok(resource);
  return placementsOf(resource).map(({ field, where, reason }) => [field, where, reason]);
};

test('fields wholly at the edge are not named', () => {
  assert.deepEqual(placements('VirtualService', '{hosts: [a], http: [{route: [{destination: {host: b}}]}]}'), []);
});

test('what is partly at the edge, in the cluster or nowhere says so with its reason, once', () => {
  const http = '{match: [{sourceLabels: {a: b}}], retries: {attempts: 2}, route: [{destination: {host: b}}]}';
  const spec = `{hosts: [a], tcp: [{route: [{destination: {host: b}}]}], http: [${http}]}`;
  assert.deepEqual(placements('VirtualService', spec).slice(0, 1), [
    ['spec.tcp', 'unsupported', 'no inbound TCP to a worker'],
  ]);
  const fields = placements('VirtualService', spec).map(([field]) => field);
  assert.ok(fields.includes('spec.http[0].retries'));
  assert.ok(fields.includes('spec.http[0].match[0].sourceLabels'));
  assert.ok(!fields.some((field) => field?.startsWith('spec.tcp[')));
});

test('nested messages are found by the name protobuf gives them', () => {
  const spec = '{host: a, trafficPolicy: {connectionPool: {tcp: {tcpKeepalive: {time: 5s}}}}}';
  const fields = placements('DestinationRule', spec).map(([field]) => field);
  assert.ok(fields.includes('spec.trafficPolicy.connectionPool.tcp.tcpKeepalive'), fields.join());
});
