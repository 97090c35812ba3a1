/** How policies, claim routing and header outputs look into the payload of a verified token. */
import type { Claims, Exchange } from '../exchange.ts';

/** Claims whose text is a list of words (Istio sets them for every rule; captured: scopes only, no other claim). */
const SPACE_DELIMITED = new Set(['scope', 'permission']);

/** The payload that counts for policies and routes: the one Envoy keeps as dynamic metadata. undefined: no token. */
export function effectiveClaims(exchange: Pick<Exchange, 'verified'>): Claims | undefined {
  for (const claims of exchange.verified.values()) return claims;
  return undefined;
}

/** The value at a path of nested objects; undefined when any step is missing. Own properties only. */
export function claimAt(claims: Claims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Claims)[step];
  }
  return value;
}

const NONE: readonly string[] = [];

/** The texts a claim is matched by: a string, or the strings of a list. Numbers and booleans never match (captured). */
export function claimTexts(claims: Claims | undefined, path: readonly string[]): readonly string[] {
  if (!claims) return NONE;
  const value = claimAt(claims, path);
  if (typeof value === 'string') {
    return path.length === 1 && SPACE_DELIMITED.has(path[0]!)
      ? value.split(' ').filter((word) => word !== '')
      : [value];
  }
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : NONE;
}
