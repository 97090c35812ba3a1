/**
 * The CEL rules of a schema (x-kubernetes-validations) and its lists that are sets or maps, run as the API server does: only when the structure fits, each
 * with the value as `self`. Compiled on first use; a budget bounds what one resource can cost.
 */
import { Environment } from '@marcbachmann/cel-js';
import type { CelRule, Schema } from '../schema.ts';
import { uniqueness } from './duplicates.ts';
import { dotted, quoted, type SchemaError } from './words.ts';

/** `url(text)` of Kubernetes' CEL library. */
class CelUrl {
  readonly scheme: string;
  constructor(scheme: string) {
    this.scheme = scheme;
  }
}

/** Kubernetes' isURL is Go's url.ParseRequestURI: absolute, or a path from the root. */
function parseUrl(text: string): CelUrl | undefined {
  if (/\p{Cc}/u.test(text)) return undefined;
  if (text.startsWith('/')) return new CelUrl('');
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):(\/\/[^/?#\s]*(?:[/?#].*)?|[^/].*)$/.exec(text);
  return match ? new CelUrl(match[1]!.toLowerCase()) : undefined;
}

const environment = new Environment({ unlistedVariablesAreDyn: true })
  .registerType('net.URL', { ctor: CelUrl, fields: { scheme: 'string' } })
  .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
  .registerFunction('url(string): net.URL', (text: string) => {
    const url = parseUrl(text);
    if (!url) throw new Error(`URL parse error during conversion from string: ${JSON.stringify(text)}`);
    return url;
  })
  .registerFunction('net.URL.getScheme(): string', (url: CelUrl) => url.scheme);

type Program = (context: { self: unknown }) => unknown;
const programs = new Map<string, Program>();

function programOf(rule: string): Program {
  let program = programs.get(rule);
  if (!program) {
    program = environment.parse(rule) as Program;
    programs.set(rule, program);
  }
  return program;
}

/** Rules × size of what they see, for one resource; the API server's own budget is of the same order. */
const BUDGET = 200_000;

interface Run {
  path: (string | number)[];
  errors: SchemaError[];
  left: number;
}

type Walk = (value: unknown, run: Run) => void;
const walks = new WeakMap<Schema, { walk: Walk | undefined }>();

/** The errors of every rule below `schema`; `path` is where `value` stands. */
export function ruleErrors(schema: Schema, value: unknown, path: readonly (string | number)[]): SchemaError[] {
  const run: Run = { path: [...path], errors: [], left: BUDGET };
  walkOf(schema)?.(value, run);
  if (run.left < 0) {
    const message = `${dotted(path)}: Forbidden: the rules cost more than their budget; no further rule is run`;
    run.errors.push({ path, message });
  }
  return run.errors;
}

/** Undefined where no rule stands at or below the schema, so that most of a resource is never walked. */
function walkOf(schema: Schema): Walk | undefined {
  let entry = walks.get(schema);
  if (!entry) {
    entry = { walk: foldWalk(schema) };
    walks.set(schema, entry);
  }
  return entry.walk;
}

function foldWalk(schema: Schema): Walk | undefined {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const walk = walkOf(field);
    return walk ? [{ name, walk }] : [];
  });
  const items = schema.items && walkOf(schema.items);
  const free = schema.additionalProperties;
  const values = free && typeof free === 'object' ? walkOf(free) : undefined;
  const repeated = uniqueness(schema);
  if (rules.length === 0 && !repeated && fields.length === 0 && !items && !values) return undefined;
  const below = (value: object, run: Run) => {
    const object = value as Record<string, unknown>;
    for (const { name, walk } of fields) if (name in object) into(walk, name, object[name], run);
    if (values) for (const name in object) into(values, `[${name}]`, object[name], run);
  };
  return (value, run) => {
    for (const rule of rules) runRule(rule, value, run);
    if (repeated && Array.isArray(value)) run.errors.push(...repeated(value, run.path));
    if (Array.isArray(value)) walkItems(items, value, run);
    else if (value !== null && typeof value === 'object') below(value, run);
  };
}

function walkItems(walk: Walk | undefined, items: unknown[], run: Run): void {
  if (walk) for (let i = 0; i < items.length; i++) into(walk, i, items[i], run);
}

function into(walk: Walk, step: string | number, value: unknown, run: Run): void {
  run.path.push(step);
  walk(value, run);
  run.path.pop();
}

/** A list is counted squared: `unique` rules compare every pair. */
function costOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 64;
  if (Array.isArray(value)) return 1 + (value.length * value.length) / 16;
  return 1;
}

function runRule({ rule, message }: CelRule, self: unknown, run: Run): void {
  run.left -= costOf(self);
  if (run.left < 0) return;
  const failure = failureOf(rule, message, self);
  if (failure === undefined) return;
  const path = [...run.path];
  const at = dotted(path).replaceAll('.[', '[');
  run.errors.push({ path: path.map(plainStep), message: `${at}: Invalid value: ${quoted(self)}${failure}` });
}

function plainStep(step: string | number): string | number {
  return typeof step === 'string' && step.startsWith('[') ? step.slice(1, -1) : step;
}

function failureOf(rule: string, message: string | undefined, self: unknown): string | undefined {
  const text = message ?? `failed rule: ${rule}`;
  try {
    return programOf(rule)({ self }) === true ? undefined : text;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return `${why.replace(/^No such/, 'no such')} evaluating rule: ${text}`;
  }
}
