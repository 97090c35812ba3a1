/** Where each field of a Resource is carried out, from the field table; fields wholly at the edge are not named. */
import { dotted } from './check/words.ts';
import table from './fields.json' with { type: 'json' };
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

/** One row of fields.json: `partly` is at the edge with a reserve, `no` nowhere. */
interface FieldRow {
  meaning: string;
  placement: string;
  why?: string;
  /** The message its value is made of; absent for scalars and free maps. */
  type?: string;
}

const ROWS: ReadonlyMap<string, FieldRow> = new Map(Object.entries(table));
const MESSAGES: ReadonlySet<string> = new Set([...ROWS.keys()].map((name) => name.slice(0, name.lastIndexOf('.'))));
const WHERE: Record<string, FieldPlacement['where']> = { partly: 'edge', cluster: 'cluster' };

/** The placements of the fields that are present and not plainly carried out at the edge, in the order written. */
export function placementsOf(resource: Resource): FieldPlacement[] {
  const placements: FieldPlacement[] = [];
  if (MESSAGES.has(resource.kind)) walk(resource.spec, resource.kind, ['spec'], describe(resource), placements);
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
      const row = ROWS.get(`${message}.${name}`);
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

/** A message's name as protobuf finds it: nested in the message that uses it, in one around that, or of its own. */
function messageNamed(type: string, within: string): string | undefined {
  for (let scope = within; scope !== ''; scope = scope.slice(0, Math.max(scope.lastIndexOf('.'), 0))) {
    if (MESSAGES.has(`${scope}.${type}`)) return `${scope}.${type}`;
  }
  if (MESSAGES.has(type)) return type;
  return [...MESSAGES].find((name) => name.endsWith(`.${type}`));
}
