/** What a finding is about: the resource, the field's path as people write it, and its place in the file. */
import { describe, type FieldPath, type Resource } from '../resources/resource.ts';
import type { Finding } from './finding.ts';

/** @param path of the field from the object's root, e.g. `['spec', 'http', 0]`; absent: the whole resource. */
export function about(
  resource: Pick<Resource, 'kind' | 'metadata' | 'at'>,
  path: FieldPath = [],
): Pick<Finding, 'resource' | 'position'> & { field?: string } {
  const place = { resource: describe(resource), position: resource.at(path) };
  return path.length > 0 ? { ...place, field: fieldName(path) } : place;
}

/** `['spec', 'http', 0, 'match']` → `spec.http[0].match` */
export function fieldName(path: FieldPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`))
    .join('');
}
