/** Fields that Istio still accepts and no longer obeys: whoever wrote them must hear what applies instead. */
import type { FieldPath, Resource } from '../resource.ts';

export interface IgnoredField {
  path: FieldPath;
  why: string;
  instead: string;
}

/** Kind, then the parent that holds the field, then the field. */
const IGNORED = [
  {
    kind: 'DestinationRule',
    parent: 'outlierDetection',
    name: 'consecutiveErrors',
    instead: 'consecutive5xxErrors',
    why: 'Istio ignores it today, and the default of 5 consecutive 5xx errors applies',
    unless: 'consecutive5xxErrors',
  },
] as const;

/** Every ignored field of the resource, in the order written. */
export function ignoredFields({ kind, spec }: Pick<Resource, 'kind' | 'spec'>): IgnoredField[] {
  const rules = IGNORED.filter((rule) => rule.kind === kind);
  const found: IgnoredField[] = [];
  if (rules.length > 0) walk(spec, ['spec'], rules, found);
  return found;
}

function walk(
  value: unknown,
  path: (string | number)[],
  rules: readonly (typeof IGNORED)[number][],
  found: IgnoredField[],
): void {
  if (value === null || typeof value !== 'object') return;
  for (const rule of rules) {
    if (path.at(-1) !== rule.parent || !Object.hasOwn(value, rule.name)) continue;
    const why = Object.hasOwn(value, rule.unless) ? `Istio reads ${rule.unless} only` : rule.why;
    found.push({ path: [...path, rule.name], why, instead: rule.instead });
  }
  for (const [name, field] of Object.entries(value)) {
    walk(field, [...path, Array.isArray(value) ? Number(name) : name], rules, found);
  }
}
