/** Label and field selectors of list, watch and deletecollection (Kubernetes: "Labels and Selectors", "Field Selectors"). */
import { ApiError } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';

export type Selector = (object: Json) => boolean;

type Labels = Record<string, string>;
const labelsOf = (object: Json): Labels => ((object.metadata as Json | undefined)?.labels ?? {}) as Labels;

/** `app=x,env in (a,b),!gone`. Throws BadRequest on anything else. */
export function labelSelector(text: string): Selector {
  const requirements = splitOutsideParentheses(text).map(labelRequirement);
  return (object) => requirements.every((holds) => holds(labelsOf(object)));
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);
}

function labelRequirement(text: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set)
    return inSet(
      set[1]!,
      set[2] === 'in',
      set[3]!.split(',').map((value) => value.trim()),
    );
  const equality = /^([^\s!=]+)\s*(==?|!=)\s*([^\s!=]*)$/.exec(text);
  if (equality) return inSet(equality[1]!, equality[2] !== '!=', [equality[3]!]);
  const exists = /^(!?)\s*([^\s!=(),]+)$/.exec(text);
  if (exists) return (labels) => exists[2]! in labels === (exists[1] === '');
  throw new ApiError('BadRequest', `unable to parse requirement: ${text}`);
}

/** A missing label satisfies the negative forms, as in Kubernetes. */
function inSet(name: string, wanted: boolean, values: string[]): (labels: Labels) => boolean {
  return (labels) => (labels[name] !== undefined && values.includes(labels[name])) === wanted;
}

/** `metadata.name=x,metadata.namespace!=y`; any dotted path of scalar fields. */
export function fieldSelector(text: string): Selector {
  const requirements = text
    .split(',')
    .filter(Boolean)
    .map((part) => {
      const match = /^\s*([^\s!=]+)\s*(==?|!=)\s*(.*?)\s*$/.exec(part);
      if (!match) throw new ApiError('BadRequest', `invalid field selector: ${part}`);
      return { path: match[1]!.split('.'), wanted: match[2] !== '!=', value: match[3]! };
    });
  return (object) => requirements.every(({ path, wanted, value }) => (fieldText(object, path) === value) === wanted);
}

function fieldText(object: Json, path: string[]): string {
  const value = path.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), object);
  return value === undefined || typeof value === 'object' ? '' : String(value);
}
