/** Descriptions for `kubectl explain`, from our own field table: what a field means, and where it is carried out. */
import { type FieldRow, fieldRow, isMessage, messageNamed } from '../resources/field-table.ts';
import type { SchemaNode } from './apply/fields.ts';

interface DescribedNode extends SchemaNode {
  description?: string;
}

/** The schema of a message with a description on every field that the table knows. */
export function describedSchema(schema: SchemaNode, message: string): DescribedNode {
  if (schema.items) return { ...schema, items: describedSchema(schema.items, message) };
  if (!schema.properties || !isMessage(message)) return schema;
  const fields = Object.entries(schema.properties).map(([name, field]) => [name, describedField(field, message, name)]);
  return { ...schema, properties: Object.fromEntries(fields) };
}

function describedField(field: SchemaNode, message: string, name: string): DescribedNode {
  const row = fieldRow(message, name);
  if (!row) return field;
  const type = row.type && messageNamed(row.type, message);
  return { ...(type ? describedSchema(field, type) : field), description: sentence(row) };
}

const PLACES: Record<string, string> = {
  yes: 'Carried out at the edge.',
  partly: 'Carried out at the edge with a reserve',
  cluster: 'Carried out in the cluster',
  no: 'Not carried out',
};

function sentence({ meaning, placement, why }: FieldRow): string {
  const place = PLACES[placement] ?? '';
  return `${meaning}. ${why ? `${place.replace(/\.$/, '')}: ${why}.` : place}`;
}
