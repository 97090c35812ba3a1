/** Rules of one VirtualService that can never be reached, as Istio's webhook warns of them. */

import { sortKeys } from '../../compile/identify.ts';
import type { HttpRoute } from './http-route.ts';
import type { Issues } from './issues.ts';

export function warnUnused(http: readonly HttpRoute[], issues: Issues): void {
  const seen = new Map<string, number>();
  let hasCatchAll = false;
  http.forEach((route, index) => {
    const name = route.name ? `"${route.name}"` : `#${index}`;
    const at = issues.at(index);
    const matches = route.match ?? [];
    if (matches.length === 0) {
      if (hasCatchAll) at.warn(`virtualService rule ${name} not used (only the last rule can have no matches)`);
      hasCatchAll = true;
      return;
    }
    if (hasCatchAll) {
      at.warn(`virtualService rule ${name} not used (route without matches defined before)`);
      return;
    }
    warnDuplicates(matches, name, index, seen, at);
  });
}

function warnDuplicates(
  matches: NonNullable<HttpRoute['match']>,
  name: string,
  rule: number,
  seen: Map<string, number>,
  issues: Issues,
): void {
  let unused = 0;
  for (const [index, match] of matches.entries()) {
    const key = JSON.stringify(sortKeys(match));
    const before = seen.get(key);
    if (before === undefined) {
      seen.set(key, rule);
      continue;
    }
    issues
      .at('match', index)
      .warn(`virtualService rule ${name} match #${index} is not used (duplicate/overlapping match in rule #${before})`);
    unused++;
  }
  if (unused === matches.length) issues.warn(`virtualService rule ${name} not used (all matches used by prior rules)`);
}
