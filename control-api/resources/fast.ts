/**
 * The quick reading of one document, without positions: JSON by the engine, plain YAML by js-yaml (ten times the speed of
 * the parser that keeps places). Whatever it is not sure of it leaves to the full reading: anchors, directives, errors.
 */
import { FAILSAFE_SCHEMA, load, Type } from 'js-yaml';
import { SCALARS } from './scalars.ts';

const SCHEMA = FAILSAFE_SCHEMA.extend({
  implicit: SCALARS.map(
    ({ tag, test, value }) =>
      new Type(tag, {
        kind: 'scalar',
        resolve: (text: unknown) => text === null || (typeof text === 'string' && test.test(text)),
        construct: (text: string | null) => value(text ?? ''),
      }),
  ),
});

/** An anchor or an explicit tag somewhere, perhaps only in a quoted text: being wrong costs time, nothing else. */
const UNUSUAL = /(?:^|[\s[{,])[&!][^\s=]|^[%?]|^\.\.\.|<</m;

/** The document's value, or undefined when the full reading must say. */
export function readFast(text: string): { value: unknown } | undefined {
  const start = text.trimStart()[0];
  if (start === '{' || start === '[') {
    const json = attempt(() => JSON.parse(text));
    if (json) return json;
  }
  return UNUSUAL.test(text) ? undefined : attempt(() => load(text, { schema: SCHEMA }) ?? null);
}

function attempt(read: () => unknown): { value: unknown } | undefined {
  try {
    return { value: read() };
  } catch {
    return undefined;
  }
}
