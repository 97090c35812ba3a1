/** Conditions on the claims of the verified token (`@request.auth.claims…`). */
import type { Claims, Exchange } from '../exchange.ts';
import type { ClaimMatch } from '../snapshot.ts';
import { testOf } from './string-matcher.ts';

/** Claims that RFC 8693 and Istio hold as lists separated by spaces. */
const SPACE_SEPARATED = new Set(['scope', 'permission']);

/**
 * True when the claim (or one entry of it, when it is a list) matches. Numbers and booleans never match. An inverted
 * condition holds when there is no token or no such claim.
 */
export function claimCondition(match: ClaimMatch): (exchange: Exchange) => boolean {
  const test = testOf(match.match);
  const invert = match.invert ?? false;
  return (exchange) => {
    for (const claims of exchange.verified.values()) return valuesOf(claims, match.path).some(test) !== invert;
    return invert;
  };
}

function valuesOf(claims: Claims, path: readonly string[]): string[] {
  let value: unknown = claims;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    value = (value as Claims)[key];
  }
  if (typeof value === 'string') return path.length === 1 && SPACE_SEPARATED.has(path[0]!) ? value.split(' ') : [value];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
