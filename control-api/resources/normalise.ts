/**
 * One spelling for every field: camelCase, as the schemas have it. protobuf's JSON reader takes snake_case too, so users
 * have both. Free maps (labels, headers, Struct values) are left as they are.
 */
import type { Schema } from './schema.ts';

/** `mirror_percent` → `mirrorPercent`, as protobuf's JSON names are made. */
export function camelCase(name: string): string {
  if (!name.includes('_')) return name;
  const [first = '', ...others] = name.split('_');
  return first + others.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** The value with the schema's field names; the same object when nothing changes. Unknown fields stay for the check. */
export function normalise(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) return schema.items ? normaliseItems(value, schema.items) : value;
  if (typeof value === 'string') return numberOf(value, schema);
  if (value === null || typeof value !== 'object') return value;
  if (schema.properties) return normaliseFields(value as Record<string, unknown>, schema.properties);
  const free = schema.additionalProperties;
  return free && typeof free === 'object' ? normaliseValues(value as Record<string, unknown>, free) : value;
}

/** protobuf's JSON takes a number as a string too; what is no number stays, for the check to refuse. */
function numberOf(text: string, { type }: Schema): unknown {
  if (type === 'integer') return /^-?\d+$/.test(text) ? Number(text) : text;
  return type === 'number' && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

function normaliseItems(items: unknown[], schema: Schema): unknown[] {
  for (let i = 0; i < items.length; i++) items[i] = normalise(items[i], schema);
  return items;
}

function normaliseValues(map: Record<string, unknown>, schema: Schema): Record<string, unknown> {
  for (const key of Object.keys(map)) map[key] = normalise(map[key], schema);
  return map;
}

function normaliseFields(object: Record<string, unknown>, properties: Record<string, Schema>): Record<string, unknown> {
  for (const key of Object.keys(object)) {
    const name = fieldName(key, properties);
    const value = object[key];
    // Written in both spellings: camelCase counts, the other stays for the check to report.
    if (name === undefined || (name !== key && Object.hasOwn(object, name))) continue;
    if (name !== key) delete object[key];
    // An explicit null is the same as an absent field, for the API server and for protobuf.
    if (value === null) delete object[name];
    else object[name] = normalise(value, properties[name]!);
  }
  return object;
}

/** The camelCase name where the schema has it: Istio's own lists both `mirror_percent` and `mirrorPercent`, one field. */
function fieldName(key: string, properties: Record<string, Schema>): string | undefined {
  const name = camelCase(key);
  if (Object.hasOwn(properties, name)) return name;
  return Object.hasOwn(properties, key) ? key : undefined;
}
