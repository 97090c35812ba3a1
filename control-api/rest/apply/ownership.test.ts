import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, SchemaNode } from './fields.ts';
import { apply, type ManagedFieldsEntry, update } from './ownership.ts';

const schema: SchemaNode = {
  type: 'object',
  properties: {
    metadata: { type: 'object', properties: { labels: { type: 'object', additionalProperties: { type: 'string' } } } },
    spec: {
      type: 'object',
      properties: {
        hosts: { type: 'array', items: { type: 'string' } },
        paused: { type: 'boolean' },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['number'],
          items: { type: 'object', properties: { number: {}, name: {} } },
        },
      },
    },
  },
};
const manager = (name: string) => ({ name, apiVersion: 'v1', time: '2026-01-01T00:00:00Z' });
const object = (spec: Json, labels?: Json): Json => ({
  apiVersion: 'v1',
  kind: 'K',
  metadata: { name: 'a', ...(labels && { labels }) },
  spec,
});

function applied(
  live: { object: Json; managedFields: ManagedFieldsEntry[] } | undefined,
  config: Json,
  by: string,
  force = false,
) {
  const result = apply(live, config, schema, manager(by), force);
  assert.ok('object' in result, JSON.stringify(result));
  return result;
}

test('a field dropped from the applied configuration is removed', () => {
  const first = applied(undefined, object({ hosts: ['a'], paused: true }), 'alice');
  const second = applied(first, object({ hosts: ['a'] }), 'alice');
  assert.deepEqual(second.object.spec, { hosts: ['a'] });
});

test('a field that another manager also owns stays', () => {
  const first = applied(undefined, object({ hosts: ['a'], paused: true }), 'alice');
  const both = applied(first, object({ paused: true }), 'bob');
  const last = applied(both, object({ hosts: ['a'] }), 'alice');
  assert.deepEqual(last.object.spec, { hosts: ['a'], paused: true });
});

test('two managers who want different values conflict, and force takes the field over', () => {
  const first = applied(undefined, object({ hosts: ['a'] }), 'alice');
  const refused = apply(first, object({ hosts: ['b'] }), schema, manager('bob'), false);
  assert.deepEqual(refused, { conflicts: [{ manager: 'alice', operation: 'Apply', field: '.spec.hosts' }] });
  const forced = applied(first, object({ hosts: ['b'] }), 'bob', true);
  assert.deepEqual(forced.object.spec, { hosts: ['b'] });
  assert.deepEqual(
    forced.managedFields.map((e) => e.manager),
    ['bob'],
  );
});

test('items of an associative list belong to those who applied them', () => {
  const first = applied(undefined, object({ ports: [{ number: 80, name: 'http' }] }), 'alice');
  const both = applied(first, object({ ports: [{ number: 443, name: 'https' }] }), 'bob');
  assert.deepEqual(both.object.spec, {
    ports: [
      { number: 80, name: 'http' },
      { number: 443, name: 'https' },
    ],
  });
  const without = applied(both, object({}), 'alice');
  assert.deepEqual(without.object.spec, { ports: [{ number: 443, name: 'https' }] });
});

test('an update takes over what it changed, and a later apply of the old value conflicts', () => {
  const first = applied(undefined, object({ hosts: ['a'] }, { app: 'x' }), 'alice');
  const next = object({ hosts: ['c'] }, { app: 'x' });
  const managedFields = update(first, next, schema, manager('kubectl-edit'));
  assert.deepEqual(
    managedFields.map((e) => [e.manager, e.operation]),
    [
      ['alice', 'Apply'],
      ['kubectl-edit', 'Update'],
    ],
  );
  const again = apply(
    { object: next, managedFields },
    object({ hosts: ['a'] }, { app: 'x' }),
    schema,
    manager('alice'),
    false,
  );
  assert.deepEqual(again, { conflicts: [{ manager: 'kubectl-edit', operation: 'Update', field: '.spec.hosts' }] });
});
