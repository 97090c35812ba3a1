/** StringMatch as a predicate, folded once. Regexes are RE2 and match the whole value, in linear time whatever the pattern. */
import { RE2JS } from 're2js';
import type { StringMatch } from '../snapshot.ts';

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

/** An invalid pattern matches nothing: the compiler reports it before it gets here. */
export function regexTest(pattern: string, ignoreCase = false): Test {
  if (pattern === '.*' && !ignoreCase) return (value) => !value.includes('\n');
  const compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  return (value) => compiled.matches(value);
}
