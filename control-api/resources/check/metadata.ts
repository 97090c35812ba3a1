/** An object's metadata as the API server decodes it: a name, and strings where strings belong. */
import { required, type SchemaError, typeName } from './words.ts';

/** `metadata` as written. */
export function metadataErrors(metadata: unknown): SchemaError[] {
  const fields = (typeName(metadata) === 'object' ? metadata : {}) as Record<string, unknown>;
  const errors = ['name', 'namespace'].flatMap((name) => notText(fields[name], ['metadata', name]));
  for (const map of ['labels', 'annotations']) {
    const entries = typeName(fields[map]) === 'object' ? Object.entries(fields[map] as object) : [];
    for (const [key, value] of entries) errors.push(...notText(value, ['metadata', map, key], `metadata.${map}`));
  }
  if (errors.length > 0 || fields.name || fields.generateName) return errors;
  const missing = required(['metadata', 'name']);
  return [{ ...missing, message: `${missing.message}: name or generateName is required` }];
}

function notText(value: unknown, path: string[], at = path.join('.')): SchemaError[] {
  if (value === undefined || value === null || typeof value === 'string') return [];
  const type = { boolean: 'bool', integer: 'number' }[typeName(value)] ?? typeName(value);
  return [{ path, message: `json: cannot unmarshal ${type} into Go struct field ObjectMeta.${at} of type string` }];
}
