/** Lists of header names with wildcards, as a mesh configuration names them; names are lower case everywhere here. */
import { testOf } from '../route/string-matcher.ts';
import type { StringMatch } from '../snapshot.ts';

export function headerPatterns(patterns: readonly StringMatch[]): (name: string) => boolean {
  const exact = new Set(patterns.filter(({ kind }) => kind === 'exact').map(({ value }) => value.toLowerCase()));
  const others = patterns
    .filter(({ kind }) => kind !== 'exact')
    .map((pattern) => testOf({ ...pattern, ignoreCase: true }));
  return (name) => exact.has(name) || others.some((test) => test(name));
}
