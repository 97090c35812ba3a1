/** How policies, claim routing and header outputs look into the payload of a verified token. */
import type { Claims, Exchange } from '../exchange.ts';

/** The payload as Envoy keeps it (normalize_payload_in_metadata): the texts of these claims are lists of words. */
export function normaliseClaims(claims: Claims, spaceDelimited: readonly string[]): Claims {
  const split = spaceDelimited.flatMap((name): [string, string[]][] => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return typeof value === 'string' ? [[name, value.split(' ').filter((word) => word !== '')]] : [];
  });
  return split.length === 0 ? claims : { ...claims, ...Object.fromEntries(split) };
}

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
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : NONE;
}
