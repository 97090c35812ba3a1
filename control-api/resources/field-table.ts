/** The field table: what each field means and where it is carried out, by message and field name. */
import table from './fields.json' with { type: 'json' };

/** One row of fields.json: `partly` is at the edge with a reserve, `no` nowhere. */
export interface FieldRow {
  meaning: string;
  placement: string;
  why?: string;
  /** The message its value is made of; absent for scalars and free maps. */
  type?: string;
}

const ROWS: ReadonlyMap<string, FieldRow> = new Map(Object.entries(table));
const MESSAGES: ReadonlySet<string> = new Set([...ROWS.keys()].map((name) => name.slice(0, name.lastIndexOf('.'))));

/** The row of a message's field (`Server`, `port`); undefined where the table has none. */
export const fieldRow = (message: string, name: string): FieldRow | undefined => ROWS.get(`${message}.${name}`);

/** Whether the table knows fields of that message; a kind is the message of its spec. */
export const isMessage = (name: string): boolean => MESSAGES.has(name);

/** A message's name as protobuf finds it: nested in the message that uses it, in one around that, or of its own. */
export function messageNamed(type: string, within: string): string | undefined {
  for (let scope = within; scope !== ''; scope = scope.slice(0, Math.max(scope.lastIndexOf('.'), 0))) {
    if (MESSAGES.has(`${scope}.${type}`)) return `${scope}.${type}`;
  }
  if (MESSAGES.has(type)) return type;
  return [...MESSAGES].find((name) => name.endsWith(`.${type}`));
}
