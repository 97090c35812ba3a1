/** JSON access logs: every string of the user's object is a format string; numbers stay numbers, no value is null. */
import type { FormatContext } from './context.ts';
import { parseOrLiteral } from './parse.ts';
import type { Render } from './render.ts';

type Build = (context: FormatContext) => unknown;

/** Keys come out sorted, as Envoy writes them. */
export function jsonRender(fields: Record<string, unknown>): Render {
  const build = buildObject(fields);
  return (context) => JSON.stringify(build(context));
}

function buildObject(fields: Record<string, unknown>): Build {
  const builds = Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, buildValue(value)] as const);
  return (context) => Object.fromEntries(builds.map(([key, build]) => [key, build(context)]));
}

function buildValue(value: unknown): Build {
  if (typeof value === 'string') return buildString(value);
  if (Array.isArray(value)) {
    const builds = value.map(buildValue);
    return (context) => builds.map((build) => build(context));
  }
  if (typeof value === 'object' && value !== null) return buildObject(value as Record<string, unknown>);
  return () => value;
}

/** A lone operator keeps its type; in company it is text, with `-` for no value. */
function buildString(format: string): Build {
  const parts = parseOrLiteral(format);
  const [first] = parts;
  if (parts.length === 1 && typeof first === 'function') return (context) => first(context) ?? null;
  return (context) => parts.map((part) => (typeof part === 'string' ? part : (part(context) ?? '-'))).join('');
}
