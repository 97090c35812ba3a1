/** One resource against its kind's schema, as the API server admits it: unknown fields, structure, then the CEL rules. */
import type { Finding } from '../../analysis/finding.ts';
import { finding } from '../../analysis/report.ts';
import { describe, type FieldPath, type Resource } from '../resource.ts';
import type { KindSchema } from '../schema.ts';
import { ruleErrors } from './cel.ts';
import { ignoredFields } from './ignored.ts';
import { type UnknownField, unknownFields } from './unknown.ts';
import { checkOf } from './validator.ts';
import { dotted, required, type SchemaError } from './words.ts';

export interface SchemaReport {
  errors: SchemaError[];
  unknown: UnknownField[];
}

/** `spec` is the normalised spec, undefined when the object has none. */
export function checkSchema(kind: KindSchema, spec: unknown): SchemaReport {
  if (spec === undefined) return { errors: kind.required.map((name) => required([name])), unknown: [] };
  const errors: SchemaError[] = [];
  checkOf(kind.spec)(spec, ['spec'], errors);
  if (errors.length === 0) errors.push(...ruleErrors(kind.spec, spec, ['spec']));
  return { errors, unknown: unknownFields(spec, kind.spec, ['spec']) };
}

/** What a report says to the user, each with its place. */
export function schemaFindings(resource: Resource, { errors, unknown }: SchemaReport): Finding[] {
  const about = (path: FieldPath) => ({
    resource: describe(resource),
    field: dotted(path),
    position: resource.at(path),
  });
  return [
    ...errors.map((error) => finding('SchemaError', { error: error.message }, about(error.path))),
    ...unknown.map(({ path, meant }) => {
      const mend = meant === undefined ? {} : { mend: `Did you mean ${meant}? Correct the name or remove the field.` };
      return finding('UnknownField', { field: dotted(path) }, { ...about(path), ...mend });
    }),
    ...ignoredFields(resource).map(({ path, why, instead }) =>
      finding('IgnoredField', { field: dotted(path), why, instead }, about(path)),
    ),
  ];
}
