/** Rules of one VirtualService that can never be reached, as Istio's webhook warns of them. */

import { sortKeys } from '../../compile/identify.ts';
import type { HttpRoute } from './http-route.ts';
import type { Issues } from './issues.ts';

type Match = NonNullable<HttpRoute['match']>[number];

export function warnUnused(http: readonly HttpRoute[], issues: Issues): void {
  warnRepeated(http, issues);
  warnCovered(http, issues);
}

function warnRepeated(http: readonly HttpRoute[], issues: Issues): void {
  const seen = new Map<string, number>();
  let hasCatchAll = false;
  http.forEach((route, index) => {
    const name = nameOf(route, index);
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
  matches: readonly Match[],
  name: string,
  rule: number,
  seen: Map<string, number>,
  issues: Issues,
): void {
  let unused = 0;
  for (const [index, match] of matches.entries()) {
    const key = keyOf(match);
    const before = seen.get(key);
    if (before === undefined) {
      seen.set(key, rule);
      continue;
    }
    issues
      .at('match', index)
      .warn(
        `virtualService rule ${name} match ${nameOf(match, index)} is not used (duplicate/overlapping match in rule #${before})`,
      );
    unused++;
  }
  if (unused === matches.length) issues.warn(`virtualService rule ${name} not used (all matches used by prior rules)`);
}

/** The same for the same conditions, whatever they are called. */
const keyOf = ({ name: _, ...conditions }: Match): string => JSON.stringify(sortKeys(conditions));

const nameOf = ({ name }: { name?: string }, index: number): string => (name ? `"${name}"` : `#${index}`);

/** A match by prefix, with what Istio compares of it: each condition as the text that it starts with. */
interface PrefixMatch {
  rule: number;
  index: number;
  prefix: string;
  port: number;
  name: string;
  conditions: Map<string, string>;
}

/** A longer prefix behind a shorter one whose other conditions are no narrower is never reached. */
function warnCovered(http: readonly HttpRoute[], issues: Issues): void {
  const written = new Set<string>();
  const all = http.flatMap((route, rule) =>
    (route.match ?? []).flatMap((match, index): PrefixMatch[] => {
      const key = keyOf(match);
      if (!match.uri?.prefix || written.has(key)) return [];
      written.add(key);
      return [prefixMatch(match, match.uri.prefix, nameOf(match, index), rule, index)];
    }),
  );
  for (const [position, first] of all.entries()) {
    for (const second of all.slice(position + 1)) {
      if (second.prefix === first.prefix || !covers(first, second)) continue;
      const [rule, before] = [second, first].map((one) => nameOf(http[one.rule]!, one.rule));
      const what = `match ${second.name} of prefix ${second.prefix} is not used`;
      const why = `duplicate/overlapping match in rule ${first.name} of prefix ${first.prefix} on ${before}`;
      issues.at(second.rule, 'match', second.index).warn(`virtualService rule ${rule} ${what} (${why})`);
    }
  }
}

function prefixMatch(match: Match, prefix: string, name: string, rule: number, index: number): PrefixMatch {
  const conditions = new Map([
    // No method is GET to Istio here.
    ['method', textOf(match.method) || 'exact GET'],
    ['authority', textOf(match.authority)],
  ]);
  for (const field of ['headers', 'queryParams', 'withoutHeaders'] as const)
    for (const [key, value] of Object.entries(match[field] ?? {})) conditions.set(`${field} ${key}`, textOf(value));
  return { rule, index, prefix, port: match.port ?? 0, name, conditions };
}

function textOf({ exact, prefix }: NonNullable<Match['method']> = {}): string {
  if (exact) return `exact ${exact}`;
  return prefix ? `prefix ${prefix}` : '';
}

function covers(first: PrefixMatch, second: PrefixMatch): boolean {
  if (!second.prefix.startsWith(first.prefix) || second.port !== first.port) return false;
  if (first.conditions.size !== second.conditions.size) return false;
  return [...first.conditions].every(([key, text]) => {
    const other = second.conditions.get(key);
    return other !== undefined && text.startsWith(other);
  });
}
