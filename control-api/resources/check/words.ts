/** What the Kubernetes API server says about a field that does not fit its schema, word for word (field.Error, kube-openapi). */
import type { FieldPath } from '../resource.ts';

export interface SchemaError {
  path: FieldPath;
  /** Whole text, path first: `spec.hosts: Required value`. */
  message: string;
}

/** `spec.http[0].match`; keys of free maps stand after a dot too, as kube-openapi has it. */
export function dotted(path: FieldPath): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}

/** The JSON type name the API server uses for a value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** A value as an error quotes it; objects and arrays are left out. */
export function quoted(value: unknown): string {
  return typeof value === 'object' ? '' : `${JSON.stringify(value)}: `;
}

export function required(path: FieldPath): SchemaError {
  return { path, message: `${dotted(path)}: Required value` };
}

/** `… in body …`, the sentence of most rules. */
export function invalid(path: FieldPath, value: unknown, rule: string): SchemaError {
  const at = dotted(path);
  return { path, message: `${at}: Invalid value: ${quoted(value)}${at} in body ${rule}` };
}

export function wrongType(path: FieldPath, value: unknown, type: string): SchemaError {
  const got = JSON.stringify(typeName(value));
  return {
    path,
    message: `${dotted(path)}: Invalid value: ${got}: ${dotted(path)} in body must be of type ${type}: ${got}`,
  };
}

export function unsupported(path: FieldPath, value: unknown, supported: readonly unknown[]): SchemaError {
  const names = supported.map((one) => JSON.stringify(one)).join(', ');
  return { path, message: `${dotted(path)}: Unsupported value: ${JSON.stringify(value)}: supported values: ${names}` };
}

export function tooMany(path: FieldPath, count: number, most: number): SchemaError {
  return { path, message: `${dotted(path)}: Too many: ${count}: must have at most ${most} items` };
}

export function duplicate(path: FieldPath, value: unknown): SchemaError {
  return { path, message: `${dotted(path)}: Duplicate value: ${JSON.stringify(value)}` };
}

/** Errors of oneOf, anyOf, allOf and not carry no field of their own: `<nil>`. */
export function alternative(path: FieldPath, rule: string): SchemaError {
  return { path, message: `<nil>: Invalid value: "": "${dotted(path)}" ${rule}` };
}

/** The whole refusal of one resource: `Kind/name/namespace: error`, several in brackets. */
export function refusal(kind: string, name: string, namespace: string, messages: readonly string[]): string {
  const text = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`;
  return `${kind}/${name}/${namespace}: ${text}`;
}
