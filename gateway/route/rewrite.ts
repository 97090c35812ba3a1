/** Path rewrites (Envoy prefix_rewrite, path_rewrite, regex_rewrite; as captured in rewrite/*). The query is never touched. */
import { RE2JS } from 're2js';
import type { Rewrite, RouteMatch } from '../snapshot.ts';

/** @returns the path without query, and the query with its `?` or ''. */
export function splitQuery(pathAndQuery: string): [path: string, query: string] {
  const at = pathAndQuery.indexOf('?');
  return at < 0 ? [pathAndQuery, ''] : [pathAndQuery.slice(0, at), pathAndQuery.slice(at)];
}

/**
 * Textual: `/strip2` with `/` gives `//a` for `/strip2/a`. An exact or regex match is replaced whole; without a path match
 * the leading `/` is what is replaced.
 */
export function replacePrefix(path: string, match: RouteMatch, replacement: string): string {
  if (match.path === undefined) return replacement + path.slice(1);
  return match.path.kind === 'prefix' ? replacement + path.slice(match.path.value.length) : replacement;
}

/** Folds a rewrite to a function on path and query; undefined when the path stays. */
export function foldPathRewrite(
  rewrite: Rewrite | undefined,
  match: RouteMatch,
): ((path: string) => string) | undefined {
  if (rewrite?.regex !== undefined) return foldRegexRewrite(rewrite.regex);
  const { prefix, path: whole } = rewrite ?? {};
  if (prefix === undefined && whole === undefined) return undefined;
  return (pathAndQuery) => {
    const [path, query] = splitQuery(pathAndQuery);
    return (whole ?? replacePrefix(path, match, prefix!)) + query;
  };
}

/** Every occurrence; `\1` names a group (one digit, as in RE2), `\\` a back slash. A group that is not there leaves the path as it is. */
function foldRegexRewrite(regex: NonNullable<Rewrite['regex']>): (path: string) => string {
  const pattern = RE2JS.compile(regex.pattern);
  const parts = partsOf(regex.substitution);
  if (parts.some((part) => typeof part === 'number' && part > pattern.groupCount())) return (path) => path;
  return (pathAndQuery) => {
    const [path, query] = splitQuery(pathAndQuery);
    const matcher = pattern.matcher(path);
    let result = '';
    let from = 0;
    for (let first = true; matcher.find(); first = false) {
      // RE2 replaces nothing right behind what it has just replaced: `.*` is one occurrence.
      if (!first && matcher.start() === from && matcher.end() === from) continue;
      result += path.slice(from, matcher.start());
      for (const part of parts) result += typeof part === 'string' ? part : (matcher.group(part) ?? '');
      from = matcher.end();
    }
    return result + path.slice(from) + query;
  };
}

/** Literal text and group numbers. */
function partsOf(substitution: string): (string | number)[] {
  return substitution.split(/(\\.)/s).map((part) => {
    if (!part.startsWith('\\')) return part;
    return /\d/.test(part[1]!) ? Number(part[1]) : part[1]!;
  });
}
