/** oneOf, anyOf, allOf and not: CRDs use them to say which fields exclude each other. */
import type { Schema } from '../schema.ts';
import { alternative, type SchemaError } from './words.ts';

type Path = (string | number)[];
type Rule = (value: unknown, path: Path, errors: SchemaError[]) => void;
/** What does not fit a schema; given in, because it folds alternatives itself. */
type ErrorsOf = (schema: Schema, value: unknown, path: Path) => SchemaError[];

/** The checks of a schema's alternatives, in kube-openapi's order. */
export function alternativesOf(schema: Schema, errorsOf: ErrorsOf): Rule[] {
  const rules: Rule[] = [];
  const { anyOf, oneOf, allOf, not } = schema;
  // An int-or-string is checked by its type; its anyOf says the same again.
  if (anyOf && !schema['x-kubernetes-int-or-string']) rules.push(anyOfRule(anyOf, errorsOf));
  if (oneOf) rules.push(oneOfRule(oneOf, errorsOf));
  if (allOf) rules.push(allOfRule(allOf, errorsOf));
  if (not) {
    rules.push((value, path, errors) => {
      if (errorsOf(not, value, path).length === 0)
        errors.push(alternative([...path], 'must not validate the schema (not)'));
    });
  }
  return rules;
}

function anyOfRule(schemas: Schema[], errorsOf: ErrorsOf): Rule {
  return (value, path, errors) => {
    if (schemas.some((schema) => errorsOf(schema, value, path).length === 0)) return;
    errors.push(alternative([...path], 'must validate at least one schema (anyOf)'));
  };
}

function oneOfRule(schemas: Schema[], errorsOf: ErrorsOf): Rule {
  return (value, path, errors) => {
    const valid = schemas.filter((schema) => errorsOf(schema, value, path).length === 0).length;
    if (valid === 1) return;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    errors.push(alternative([...path], `must validate one and only one schema (oneOf). ${found}`));
  };
}

function allOfRule(schemas: Schema[], errorsOf: ErrorsOf): Rule {
  return (value, path, errors) => {
    const failed = schemas.map((schema) => errorsOf(schema, value, path)).filter((list) => list.length > 0);
    if (failed.length === 0) return;
    errors.push(...failed.flat());
    const none = failed.length === schemas.length ? '. None validated' : '';
    errors.push(alternative([...path], `must validate all the schemas (allOf)${none}`));
  };
}
