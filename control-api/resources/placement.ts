/** Where each field of a Resource is carried out, from the field table; fields wholly at the edge are not named. */
import { dotted } from './check/words.ts';
import { type FieldRow, fieldRow, isMessage, messageNamed } from './field-table.ts';
import { describe, type Resource } from './resource.ts';

/** The same shape as the compiler's Placement. */
export interface FieldPlacement {
  resource: string;
  /** Dotted path, `spec.http[0].retries`. */
  field: string;
  where: 'edge' | 'cluster' | 'unsupported';
  /** What of it holds, or why it does not. */
  reason: string;
}

const WHERE: Record<string, FieldPlacement['where']> = { partly: 'edge', cluster: 'cluster' };

/** The placements of the fields that are present and not plainly carried out at the edge, in the order written. */
export function placementsOf(resource: Resource): FieldPlacement[] {
  const placements: FieldPlacement[] = [];
  if (isMessage(resource.kind)) walk(resource.spec, resource.kind, ['spec'], describe(resource), placements);
  return placements;
}

function walk(
  value: unknown,
  message: string,
  path: (string | number)[],
  resource: string,
  placements: FieldPlacement[],
): void {
  if (Array.isArray(value))
    value.forEach((item, index) => void walk(item, message, [...path, index], resource, placements));
  else if (value !== null && typeof value === 'object') {
    for (const [name, field] of Object.entries(value)) {
      const row = fieldRow(message, name);
      if (!row) continue;
      const at = [...path, name];
      if (row.placement !== 'yes') placements.push(placement(row, dotted(at), resource));
      const type = row.type && messageNamed(row.type, message);
      // What is nowhere carried out is said once, not again for each field below.
      if (type && (row.placement === 'yes' || row.placement === 'partly')) walk(field, type, at, resource, placements);
    }
  }
}

function placement({ placement: where, why, meaning }: FieldRow, field: string, resource: string): FieldPlacement {
  return { resource, field, where: WHERE[where] ?? 'unsupported', reason: why ?? meaning };
}
