/** Merging an applied configuration into a live object, and taking fields out of it, along the schema's granularity. */
import { childSchema, type Fields, isObject, itemKey, type Json, type SchemaNode } from './fields.ts';

/** What the object looks like after `config` was laid over `live`. Neither is changed. */
export function merge(live: unknown, config: unknown, schema: SchemaNode | undefined): unknown {
  if (isObject(live) && isObject(config) && schema?.['x-kubernetes-map-type'] !== 'atomic') {
    return mergeObjects(live, config, schema);
  }
  if (Array.isArray(live) && Array.isArray(config) && isAssociative(schema)) return mergeLists(live, config, schema);
  return structuredClone(config);
}

const isAssociative = (schema: SchemaNode | undefined): schema is SchemaNode =>
  schema?.['x-kubernetes-list-type'] === 'map' || schema?.['x-kubernetes-list-type'] === 'set';

function mergeObjects(live: Json, config: Json, schema: SchemaNode | undefined): Json {
  const result: Json = { ...live };
  for (const [name, value] of Object.entries(config)) {
    result[name] = name in live ? merge(live[name], value, childSchema(schema, name)) : structuredClone(value);
  }
  return result;
}

/** Items keep the live order; new ones follow in the order of the configuration. */
function mergeLists(live: unknown[], config: unknown[], schema: SchemaNode): unknown[] {
  const applied = new Map(config.map((item) => [itemKey(item, schema), item]));
  const result = live.map((item) => {
    const key = itemKey(item, schema);
    const mine = applied.get(key);
    applied.delete(key);
    return mine === undefined ? item : merge(item, mine, schema.items);
  });
  return [...result, ...structuredClone([...applied.values()])];
}

/** The object without the fields of the set; a parent that only held removed fields goes too. */
export function remove(value: unknown, fields: Fields, schema: SchemaNode | undefined): unknown {
  if (Array.isArray(value)) return removeItems(value, fields, schema);
  if (!isObject(value)) return value;
  const result: Json = { ...value };
  for (const [key, below] of Object.entries(fields)) {
    const name = key.slice(2);
    if (!key.startsWith('f:') || !(name in result)) continue;
    const rest = Object.keys(below).length === 0 ? undefined : remove(result[name], below, childSchema(schema, name));
    if (rest === undefined || isEmpty(rest)) delete result[name];
    else result[name] = rest;
  }
  return result;
}

const isEmpty = (value: unknown) =>
  (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0);

function removeItems(list: unknown[], fields: Fields, schema: SchemaNode | undefined): unknown[] {
  return list.flatMap((item) => {
    const below = fields[itemKey(item, schema) ?? ''];
    if (!below) return [item];
    return '.' in below || Object.keys(below).length === 0 ? [] : [remove(item, below, schema?.items)];
  });
}

/** The value at a FieldsV1 path, or undefined. */
export function valueAt(value: unknown, path: readonly string[], schema: SchemaNode | undefined): unknown {
  let at = value;
  let node = schema;
  for (const key of path) {
    if (key.startsWith('f:')) {
      const name = key.slice(2);
      at = isObject(at) ? at[name] : undefined;
      node = childSchema(node, name);
    } else {
      const list: SchemaNode | undefined = node;
      at = Array.isArray(at) ? at.find((item) => itemKey(item, list) === key) : undefined;
      node = node?.items;
    }
  }
  return at;
}
