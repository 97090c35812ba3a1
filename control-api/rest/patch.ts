/** The patch formats that kubectl sends, other than apply. */
import jsonPatchLibrary, { type Operation } from 'fast-json-patch';
import { ApiError } from './api-error.ts';
import { childSchema, isObject, itemKey, type Json, type SchemaNode } from './apply/fields.ts';

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** RFC 6902; an operation that cannot be carried out is Invalid (422), as in Kubernetes. */
export function jsonPatch(target: Json, patch: unknown): Json {
  if (!Array.isArray(patch)) throw new ApiError('BadRequest', 'a JSON patch is a list of operations');
  try {
    return jsonPatchLibrary.applyPatch(structuredClone(target), patch as Operation[], true, true, true).newDocument;
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n');
    throw new ApiError('Invalid', `the server rejected our request due to an error in our request: ${reason}`);
  }
}

/**
 * Kubernetes' strategic merge for the core kinds: like a merge patch, but associative lists are merged by their keys and
 * `$patch: delete` takes an item out. `$setElementOrder` only orders and is left out.
 */
export function strategicPatch(target: unknown, patch: unknown, schema: SchemaNode | undefined): unknown {
  if (Array.isArray(patch) && schema?.['x-kubernetes-list-type'] === 'map') return mergeItems(target, patch, schema);
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) && patch.$patch !== 'replace' ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    if (value === null) delete result[name];
    else result[name] = strategicPatch(result[name], value, childSchema(schema, name));
  }
  return result;
}

function mergeItems(target: unknown, patch: unknown[], schema: SchemaNode): unknown[] {
  const items = new Map((Array.isArray(target) ? target : []).map((item) => [itemKey(item, schema), item]));
  for (const item of patch) {
    const key = itemKey(item, schema);
    if (isObject(item) && item.$patch === 'delete') items.delete(key);
    else items.set(key, strategicPatch(items.get(key), item, schema.items));
  }
  return [...items.values()];
}
