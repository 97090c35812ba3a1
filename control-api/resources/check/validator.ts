/** A structural schema folded once into closures; each adds what does not fit, in the API server's order and words. */
import type { Schema } from '../schema.ts';
import { alternativesOf } from './alternatives.ts';
import { invalid, required, type SchemaError, tooMany, typeName, unsupported, wrongType } from './words.ts';

/** `path` is a stack shared by the walk; who keeps it copies it. */
export type Check = (value: unknown, path: (string | number)[], errors: SchemaError[]) => void;

const folded = new WeakMap<Schema, Check>();

/** The check of a schema, made on first use. */
export function checkOf(schema: Schema): Check {
  let check = folded.get(schema);
  if (!check) {
    check = fold(schema);
    folded.set(schema, check);
  }
  return check;
}

function errorsOf(schema: Schema, value: unknown, path: (string | number)[]): SchemaError[] {
  const errors: SchemaError[] = [];
  checkOf(schema)(value, path, errors);
  return errors;
}

function fold(schema: Schema): Check {
  const alternatives = alternativesOf(schema, errorsOf);
  const rules = [...alternatives, ...scalarRules(schema), ...arrayRules(schema), ...objectRules(schema)];
  const fits = typeTest(schema);
  return (value, path, errors) => {
    if (!fits(value)) {
      errors.push(wrongType([...path], value, schema.type ?? 'object'));
      return;
    }
    for (const rule of rules) rule(value, path, errors);
  };
}

function typeTest(schema: Schema): (value: unknown) => boolean {
  const { type, nullable } = schema;
  if (schema['x-kubernetes-int-or-string']) return (value) => typeof value === 'string' || Number.isInteger(value);
  if (type === undefined) return () => true;
  const matches =
    type === 'number' ? (value: unknown) => typeof value === 'number' : (v: unknown) => typeName(v) === type;
  return nullable ? (value) => value === null || matches(value) : matches;
}

function scalarRules(schema: Schema): Check[] {
  const rules: Check[] = [];
  const text = (bad: (value: string) => boolean, rule: string) =>
    rules.push((value, path, errors) => {
      if (typeof value === 'string' && bad(value)) errors.push(invalid([...path], value, rule));
    });
  const number = (bad: (value: number) => boolean, rule: string) =>
    rules.push((value, path, errors) => {
      if (typeof value === 'number' && bad(value)) errors.push(invalid([...path], value, rule));
    });
  const { minLength, maxLength, pattern, minimum, maximum, enum: supported } = schema;
  if (maxLength !== undefined)
    text((value) => [...value].length > maxLength, `should be at most ${maxLength} chars long`);
  if (minLength !== undefined)
    text((value) => [...value].length < minLength, `should be at least ${minLength} chars long`);
  if (pattern !== undefined) {
    const expression = new RegExp(pattern, 'u');
    text((value) => !expression.test(value), `should match '${pattern}'`);
  }
  if (minimum !== undefined) number((value) => value < minimum, `should be greater than or equal to ${minimum}`);
  if (maximum !== undefined) number((value) => value > maximum, `should be less than or equal to ${maximum}`);
  if (supported) {
    rules.push((value, path, errors) => {
      if (!supported.includes(value)) errors.push(unsupported([...path], value, supported));
    });
  }
  return rules;
}

function arrayRules(schema: Schema): Check[] {
  const { items, minItems, maxItems } = schema;
  const rules: Check[] = [];
  const lists = (rule: (value: unknown[], path: (string | number)[], errors: SchemaError[]) => void) =>
    rules.push((value, path, errors) => {
      if (Array.isArray(value)) rule(value, path, errors);
    });
  if (items) lists((value, path, errors) => eachItem(checkOf(items), value, path, errors));
  if (minItems !== undefined) {
    lists((value, path, errors) => {
      if (value.length < minItems)
        errors.push(invalid([...path], value.length, `should have at least ${minItems} items`));
    });
  }
  if (maxItems !== undefined) {
    lists((value, path, errors) => {
      if (value.length > maxItems) errors.push(tooMany([...path], value.length, maxItems));
    });
  }
  return rules;
}

function eachItem(check: Check, items: unknown[], path: (string | number)[], errors: SchemaError[]): void {
  for (let i = 0; i < items.length; i++) {
    path.push(i);
    check(items[i], path, errors);
    path.pop();
  }
}

type Fields = Record<string, unknown>;

function objectRules(schema: Schema): Check[] {
  const rules: Check[] = [];
  const objects = (rule: (value: Fields, path: (string | number)[], errors: SchemaError[]) => void) =>
    rules.push((value, path, errors) => {
      if (typeName(value) === 'object') rule(value as Fields, path, errors);
    });
  const { properties, additionalProperties: free, minProperties, maxProperties } = schema;
  if (maxProperties !== undefined) {
    objects((value, path, errors) => {
      const count = Object.keys(value).length;
      if (count > maxProperties) errors.push(tooMany([...path], count, maxProperties));
    });
  }
  if (minProperties !== undefined) {
    objects((value, path, errors) => {
      const count = Object.keys(value).length;
      if (count < minProperties)
        errors.push(invalid([...path], count, `should have at least ${minProperties} properties`));
    });
  }
  for (const name of schema.required ?? []) {
    objects((value, path, errors) => {
      if (!Object.hasOwn(value, name)) errors.push(required([...path, name]));
    });
  }
  if (properties) objects((value, path, errors) => eachField((name) => properties[name], value, path, errors));
  else if (free && typeof free === 'object')
    objects((value, path, errors) => eachField(() => free, value, path, errors));
  return rules;
}

function eachField(
  schemaOf: (name: string) => Schema | undefined,
  fields: Fields,
  path: (string | number)[],
  errors: SchemaError[],
): void {
  for (const name in fields) {
    const schema = schemaOf(name);
    if (!schema) continue;
    path.push(name);
    checkOf(schema)(fields[name], path, errors);
    path.pop();
  }
}
