/** StringMatch as a predicate, folded once. Regexes are RE2 and match the whole value, in linear time whatever the pattern. */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { StringMatch } from '../snapshot.ts';
import { nativeRegex } from './native-regex.ts';

export type Test = (value: string) => boolean;

export function testOf(match: StringMatch | { kind: 'present' }): Test {
  if (match.kind === 'present') return () => true;
  if (match.kind === 'regex') return regexTest(match.value, match.ignoreCase ?? false);
  const wanted = match.ignoreCase ? match.value.toLowerCase() : match.value;
  const test = LITERAL[match.kind](wanted);
  return match.ignoreCase ? (value) => test(value.toLowerCase()) : test;
}

const LITERAL: Record<'exact' | 'prefix' | 'suffix' | 'contains', (wanted: string) => Test> = {
  exact: (wanted) => (value) => value === wanted,
  prefix: (wanted) => (value) => value.startsWith(wanted),
  suffix: (wanted) => (value) => value.endsWith(wanted),
  contains: (wanted) => (value) => value.includes(wanted),
};

/**
 * Full match, compiled when first asked: a table of many regexes costs nothing until one of them is reached. Plain patterns
 * run on the engine's own matcher, an order of magnitude faster. An invalid pattern matches nothing; the compiler reports it.
 */
export function regexTest(pattern: string, ignoreCase = false): Test {
  let test: Test | undefined;
  return (value) => {
    test ??= compile(pattern, ignoreCase);
    return test(value);
  };
}

function compile(pattern: string, ignoreCase: boolean): Test {
  const native = ignoreCase ? undefined : nativeRegex(pattern);
  if (native !== undefined) return (value) => native.test(value);
  const compiled = re2(pattern, ignoreCase);
  return (value) => compiled?.matches(value) ?? false;
}

function re2(pattern: string, ignoreCase: boolean): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return undefined;
    throw error;
  }
}
