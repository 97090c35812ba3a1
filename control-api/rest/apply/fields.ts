/**
 * Sets of fields in Kubernetes' FieldsV1 form: `{"f:spec": {"f:hosts": {}}}`. `f:` names a field, `k:` an item of an
 * associative list by its keys, `v:` an item of a set by its value. An empty object is a leaf: the field itself.
 * (Kubernetes: Server-Side Apply, "Field management".)
 */
export type Fields = { [key: string]: Fields };

/** A structural schema node, as CRDs have it; only what field ownership looks at. */
export interface SchemaNode {
  type?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  default?: unknown;
}

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of one member; an unknown member has none and is treated by its own shape. */
export function childSchema(schema: SchemaNode | undefined, name: string): SchemaNode | undefined {
  const named = schema?.properties?.[name];
  if (named) return named;
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** The key by which an item of an associative list or a set is known, or undefined for an atomic list. */
export function itemKey(item: unknown, list: SchemaNode | undefined): string | undefined {
  const type = list?.['x-kubernetes-list-type'];
  if (type === 'set') return `v:${JSON.stringify(item)}`;
  if (type !== 'map' || !isObject(item)) return undefined;
  const keys: Json = {};
  for (const key of [...(list?.['x-kubernetes-list-map-keys'] ?? [])].sort()) {
    keys[key] = item[key] ?? list?.items?.properties?.[key]?.default;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** Every field that a value sets, to the depth at which its schema is granular. */
export function fieldsOf(value: unknown, schema: SchemaNode | undefined): Fields {
  if (isObject(value) && schema?.['x-kubernetes-map-type'] !== 'atomic') return fieldsOfObject(value, schema);
  if (Array.isArray(value)) return fieldsOfList(value, schema);
  return {};
}

function fieldsOfObject(value: Json, schema: SchemaNode | undefined): Fields {
  const fields: Fields = {};
  for (const [name, child] of Object.entries(value)) {
    if (child !== undefined) fields[`f:${name}`] = fieldsOf(child, childSchema(schema, name));
  }
  // An empty map is owned itself, but covers nothing that others put into it.
  return Object.keys(fields).length === 0 ? { '.': {} } : fields;
}

function fieldsOfList(list: unknown[], schema: SchemaNode | undefined): Fields {
  const fields: Fields = {};
  for (const item of list) {
    const key = itemKey(item, schema);
    if (key === undefined) return {};
    fields[key] = key.startsWith('v:') ? {} : { '.': {}, ...fieldsOf(item, schema?.items) };
  }
  return fields;
}

const isLeaf = (fields: Fields) => Object.keys(fields).length === 0;

export function union(a: Fields, b: Fields): Fields {
  const result: Fields = { ...a };
  for (const [key, fields] of Object.entries(b)) result[key] = result[key] ? union(result[key], fields) : fields;
  return result;
}

/** Fields of `a` that are not in `b`. A leaf in `b` covers everything below it. */
export function difference(a: Fields, b: Fields): Fields {
  const result: Fields = {};
  for (const [key, fields] of Object.entries(a)) {
    const other = b[key];
    if (!other) result[key] = fields;
    else if (!isLeaf(fields) && !isLeaf(other)) {
      const rest = difference(fields, other);
      if (!isLeaf(rest)) result[key] = rest;
    }
  }
  return result;
}

/** Paths of the leaves, e.g. `['f:spec', 'f:hosts']`. */
export function* leaves(fields: Fields, path: string[] = []): Generator<string[]> {
  for (const [key, below] of Object.entries(fields)) {
    if (key === '.') continue;
    if (isLeaf(below)) yield [...path, key];
    else yield* leaves(below, [...path, key]);
  }
}

export function hasPath(fields: Fields, path: readonly string[]): boolean {
  let at: Fields | undefined = fields;
  for (const key of path) {
    at = at?.[key];
    if (!at) return false;
    if (isLeaf(at)) return true;
  }
  return true;
}

/** `.spec.servers[number=80].hosts`, as Kubernetes words it in conflicts. */
export function printPath(path: readonly string[]): string {
  return path.map(printKey).join('');
}

function printKey(key: string): string {
  const rest = key.slice(2);
  if (key.startsWith('f:')) return `.${rest}`;
  if (key.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as Json).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${keys.join(',')}]`;
}
