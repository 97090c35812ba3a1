/** Fields that no schema has: the API server drops them (kubectl refuses them), so users must hear of each. */
import type { FieldPath } from '../resource.ts';
import type { Schema } from '../schema.ts';

export interface UnknownField {
  path: FieldPath;
  /** The field that was probably meant. */
  meant?: string;
}

/** Every field of `value` that `schema` does not have, in the order written. */
export function unknownFields(value: unknown, schema: Schema, path: FieldPath): UnknownField[] {
  const found: UnknownField[] = [];
  walk(value, schema, [...path], found);
  return found;
}

function walk(value: unknown, schema: Schema, path: (string | number)[], found: UnknownField[]): void {
  if (value === null || typeof value !== 'object') return;
  const { items } = schema;
  if (!Array.isArray(value)) walkFields(value as Record<string, unknown>, schema, path, found);
  else if (items) for (let i = 0; i < value.length; i++) within(value[i], items, i, path, found);
}

function walkFields(
  object: Record<string, unknown>,
  schema: Schema,
  path: (string | number)[],
  found: UnknownField[],
): void {
  const { properties = {}, additionalProperties: free } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] || (!schema.properties && free !== false);
  const others = typeof free === 'object' ? free : undefined;
  for (const name in object) {
    const field = Object.hasOwn(properties, name) ? properties[name] : others;
    if (field) within(object[name], field, name, path, found);
    else if (!open) found.push(unknown(name, properties, path));
  }
}

function within(
  value: unknown,
  schema: Schema,
  step: string | number,
  path: (string | number)[],
  found: UnknownField[],
): void {
  path.push(step);
  walk(value, schema, path, found);
  path.pop();
}

function unknown(name: string, properties: Record<string, Schema>, path: FieldPath): UnknownField {
  const meant = nearest(name, Object.keys(properties));
  return { path: [...path, name], ...(meant === undefined ? {} : { meant }) };
}

/** The name with the fewest edits, when few enough that a slip is likely: a third of its letters. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(Math.min(name.length, 60) / 3) + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
