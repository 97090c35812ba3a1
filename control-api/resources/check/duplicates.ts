/** Lists that are sets or maps (x-kubernetes-list-type) hold no item, or no key, twice. */
import type { FieldPath } from '../resource.ts';
import type { Schema } from '../schema.ts';
import { duplicate, type SchemaError } from './words.ts';

/** Undefined where the schema's lists may repeat themselves. */
export function uniqueness(schema: Schema): ((items: unknown[], path: FieldPath) => SchemaError[]) | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys)
    return (items, path) =>
      repeated(
        items.map((item) => keysOf(item, keys)),
        path,
      );
  return schema['x-kubernetes-list-type'] === 'set' ? repeated : undefined;
}

function keysOf(item: unknown, keys: readonly string[]): unknown {
  const fields = item as Record<string, unknown> | null;
  return Object.fromEntries(keys.map((name) => [name, fields?.[name]]));
}

function repeated(items: readonly unknown[], path: FieldPath): SchemaError[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const text = JSON.stringify(item);
    if (seen.has(text)) return [duplicate([...path, index], item)];
    seen.add(text);
    return [];
  });
}
