/** HTTPMatchRequest → RouteMatch. */
import type {
  ClaimMatch,
  HeaderMatch,
  PathMatch,
  QueryParamMatch,
  RouteMatch,
  StringMatch,
} from '../../gateway/snapshot.ts';
import { compare } from './names.ts';
import type { HttpMatchSpec, StringMatchSpec } from './spec.ts';

const CLAIMS = '@request.auth.claims';

/**
 * @param match absent: every request
 * @param needsPath the route rewrites its path, and without a condition it is the leading `/` that is replaced (captured)
 */
export function translateMatch(match: HttpMatchSpec = {}, needsPath = false): RouteMatch {
  const path = match.uri && translatePath(match.uri);
  const headers = headerMatches(match);
  const claims = claimMatches(match);
  const queryParams = Object.entries(match.queryParams ?? {})
    .map(([name, value]): QueryParamMatch => ({ name, match: stringMatch(value) }))
    .sort((a, b) => compare(a.name, b.name));
  return {
    ...(path ? { path } : needsPath && { path: { kind: 'prefix', value: '/' } as const }),
    // A regex does its own case (captured).
    ...(match.ignoreUriCase && path && path.kind !== 'regex' && { caseInsensitive: true }),
    ...(headers.length > 0 && { headers }),
    ...(queryParams.length > 0 && { queryParams }),
    ...(claims.length > 0 && { claims }),
  };
}

function translatePath({ exact, prefix, regex }: StringMatchSpec): PathMatch | undefined {
  if (exact !== undefined) return { kind: 'exact', value: exact };
  if (prefix !== undefined) return { kind: 'prefix', value: prefix };
  return regex === undefined ? undefined : { kind: 'regex', value: regex };
}

/** Nothing asked, and the regex `*` that RE2 would not take, mean "is there". */
export function stringMatch({ exact, prefix, regex }: StringMatchSpec): StringMatch | { kind: 'present' } {
  if (exact !== undefined) return { kind: 'exact', value: exact };
  if (prefix !== undefined) return { kind: 'prefix', value: prefix };
  return regex === undefined || regex === '*' ? { kind: 'present' } : { kind: 'regex', value: regex };
}

function headerMatches(match: HttpMatchSpec): HeaderMatch[] {
  const ordinary = [
    ...entriesOf(match.headers).map(([name, value]) => headerMatch(name, value)),
    ...entriesOf(match.withoutHeaders).map(([name, value]) => ({ ...headerMatch(name, value), invert: true })),
  ];
  const pseudo = (['method', 'authority', 'scheme'] as const).flatMap((name) => {
    const value = match[name];
    return value ? [headerMatch(`:${name}`, value)] : [];
  });
  return [...ordinary.sort((a, b) => compare(a.name, b.name)), ...pseudo];
}

const headerMatch = (name: string, value: StringMatchSpec): HeaderMatch => ({
  name: name.toLowerCase(),
  match: stringMatch(value),
});

const entriesOf = (matches: Record<string, StringMatchSpec> | undefined) =>
  Object.entries(matches ?? {}).filter(([name]) => !claimPath(name));

function claimMatches(match: HttpMatchSpec): ClaimMatch[] {
  const claims = (matches: Record<string, StringMatchSpec> | undefined, invert: boolean): ClaimMatch[] =>
    Object.entries(matches ?? {}).flatMap(([name, value]) => {
      const path = claimPath(name);
      return path ? [{ path, match: stringMatch(value), ...(invert && { invert }) }] : [];
    });
  const all = [...claims(match.headers, false), ...claims(match.withoutHeaders, true)];
  return all.sort((a, b) => compare(a.path.join('\n'), b.path.join('\n')));
}

/**
 * `@request.auth.claims.a.b` and `@request.auth.claims[a][b]` (any case before the claim) → `['a', 'b']`; undefined for
 * anything else, which is a header of that name.
 */
export function claimPath(name: string): string[] | undefined {
  if (!name.toLowerCase().startsWith(CLAIMS)) return undefined;
  const rest = name.slice(CLAIMS.length);
  const brackets = [...rest.matchAll(/\[([^[\]]+)\]/gy)];
  if (brackets.length > 0 && brackets.map(([whole]) => whole).join('') === rest) {
    return brackets.map(([, claim = '']) => claim);
  }
  return rest.startsWith('.') && rest.length > 1 ? rest.slice(1).split('.') : undefined;
}
