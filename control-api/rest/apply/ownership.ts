/**
 * Server-side apply: who owns which field, and what happens when two managers want the same one. Kubernetes'
 * documentation "Server-Side Apply" is the source of every rule; metadata.managedFields is its record.
 */
import {
  difference,
  type Fields,
  fieldsOf,
  hasPath,
  type Json,
  leaves,
  printPath,
  type SchemaNode,
  union,
} from './fields.ts';
import { merge, remove, valueAt } from './merge.ts';

export interface ManagedFieldsEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Fields;
  subresource?: string;
}

export interface Manager {
  name: string;
  apiVersion: string;
  /** RFC 3339 */
  time: string;
  subresource?: string;
}

export interface Conflict {
  manager: string;
  operation: string;
  /** `.spec.hosts` */
  field: string;
}

export type ApplyResult = { object: Json; managedFields: ManagedFieldsEntry[] } | { conflicts: Conflict[] };

/** Fields that nobody owns: identity, and what the server writes. */
const UNOWNED = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
];

/** Every field that somebody could own in this object. */
export function ownable(object: Json, schema: SchemaNode | undefined): Fields {
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  const fields = fieldsOf(rest, schema);
  const metadata = fields['f:metadata'];
  for (const name of UNOWNED) delete metadata?.[`f:${name}`];
  if (metadata && Object.keys(metadata).length === 0) delete fields['f:metadata'];
  return fields;
}

/** kubectl apply --server-side. `live` is undefined when the object is new. */
export function apply(
  live: { object: Json; managedFields: ManagedFieldsEntry[] } | undefined,
  config: Json,
  schema: SchemaNode | undefined,
  manager: Manager,
  force: boolean,
): ApplyResult {
  const wanted = ownable(config, schema);
  if (!live) return { object: structuredClone(config), managedFields: [entry(manager, 'Apply', wanted)] };
  const isMine = (e: ManagedFieldsEntry) =>
    e.manager === manager.name && e.operation === 'Apply' && e.subresource === manager.subresource;
  const others = live.managedFields.filter((e) => !isMine(e));
  const merged = merge(live.object, config, schema) as Json;
  const conflicts = conflictsWith(others, wanted, live.object, merged, schema);
  if (conflicts.length > 0 && !force) return { conflicts: conflicts.map(({ conflict }) => conflict) };
  const given = lose(others, conflicts);
  const mine = live.managedFields.find(isMine)?.fieldsV1 ?? {};
  const dropped = given.reduce((rest, other) => difference(rest, other.fieldsV1), difference(mine, wanted));
  const object = remove(merged, dropped, schema) as Json;
  return { object, managedFields: [...given, entry(manager, 'Apply', wanted)] };
}

interface Found {
  owner: ManagedFieldsEntry;
  path: string[];
  conflict: Conflict;
}

function conflictsWith(
  others: ManagedFieldsEntry[],
  wanted: Fields,
  live: Json,
  merged: Json,
  schema: SchemaNode | undefined,
): Found[] {
  const found: Found[] = [];
  for (const path of leaves(wanted)) {
    if (same(valueAt(live, path, schema), valueAt(merged, path, schema))) continue;
    for (const owner of others) {
      if (!hasPath(owner.fieldsV1, path)) continue;
      found.push({
        owner,
        path,
        conflict: { manager: owner.manager, operation: owner.operation, field: printPath(path) },
      });
    }
  }
  return found;
}

/** Forced conflicts: the others lose the fields, and an owner of nothing disappears. */
function lose(others: ManagedFieldsEntry[], conflicts: Found[]): ManagedFieldsEntry[] {
  return others
    .map((owner) => {
      const lost = conflicts.filter((c) => c.owner === owner).map((c) => c.path);
      return { ...owner, fieldsV1: lost.reduce((fields, path) => difference(fields, fromPath(path)), owner.fieldsV1) };
    })
    .filter((owner) => Object.keys(owner.fieldsV1).length > 0);
}

const fromPath = (path: readonly string[]): Fields => path.reduceRight<Fields>((below, key) => ({ [key]: below }), {});

/** PUT, POST and PATCH other than apply: what changed belongs to the writer from now on. */
export function update(
  live: { object: Json; managedFields: ManagedFieldsEntry[] } | undefined,
  next: Json,
  schema: SchemaNode | undefined,
  manager: Manager,
): ManagedFieldsEntry[] {
  const now = ownable(next, schema);
  if (!live) return [entry(manager, 'Update', now)];
  const changed = changedFields(live.object, next, now, schema);
  const gone = difference(ownable(live.object, schema), now);
  const isMine = (e: ManagedFieldsEntry) =>
    e.manager === manager.name && e.operation === 'Update' && e.subresource === manager.subresource;
  const rest = live.managedFields
    .filter((e) => !isMine(e))
    .map((e) => ({ ...e, fieldsV1: difference(difference(e.fieldsV1, changed), gone) }));
  const before = difference(live.managedFields.find(isMine)?.fieldsV1 ?? {}, gone);
  const mine = entry(manager, 'Update', union(before, changed));
  return [...rest, mine].filter((e) => Object.keys(e.fieldsV1).length > 0);
}

function changedFields(live: Json, next: Json, now: Fields, schema: SchemaNode | undefined): Fields {
  let changed: Fields = {};
  for (const path of leaves(now)) {
    if (!same(valueAt(live, path, schema), valueAt(next, path, schema))) changed = union(changed, fromPath(path));
  }
  return changed;
}

function entry(manager: Manager, operation: 'Apply' | 'Update', fieldsV1: Fields): ManagedFieldsEntry {
  const { name, apiVersion, time, subresource } = manager;
  return {
    manager: name,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource ? { subresource } : {}),
  };
}

/** Equal as JSON, whatever the order of keys. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    a === null ||
    b === null ||
    Array.isArray(a) ||
    Array.isArray(b)
  )
    return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => key in b && same((a as Json)[key], (b as Json)[key]))
  );
}
