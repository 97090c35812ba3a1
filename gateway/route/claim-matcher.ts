/** Conditions on the claims of the verified token (`@request.auth.claims…`). */
import { claimTexts, effectiveClaims } from '../authn/claims.ts';
import type { Exchange } from '../exchange.ts';
import type { ClaimMatch } from '../snapshot.ts';
import { testOf } from './string-matcher.ts';

/**
 * True when the claim (or one entry of it, when it is a list) matches. Numbers and booleans never match. An inverted
 * condition holds when there is no token or no such claim.
 */
export function claimCondition(match: ClaimMatch): (exchange: Exchange) => boolean {
  const test = testOf(match.match);
  const invert = match.invert ?? false;
  return (exchange) => claimTexts(effectiveClaims(exchange), match.path).some(test) !== invert;
}
