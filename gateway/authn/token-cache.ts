/**
 * Verified tokens of one rule, kept until they expire. Only tokens that passed are ever put in, so that no flood of bad
 * ones can push good ones out. The whole token is the key (a Map hashes it, seeded anew in every isolate, and compares
 * every character), so that no collision can pass for another token.
 */
import type { Claims } from '../exchange.ts';
import type { PublicKey } from './jwks.ts';
import type { Output } from './outputs.ts';

export interface CachedToken {
  claims: Claims;
  nbf: number;
  exp: number;
  outputs: readonly Output[];
  key: PublicKey;
}

/** Longer tokens are verified every time. */
const MAX_TOKEN_LENGTH = 16_384;

export interface TokenCache {
  /** undefined when the token was not verified before, or its key was revoked since. Time is the caller's to check. */
  get(token: string): CachedToken | undefined;
  set(token: string, value: CachedToken): void;
  delete(token: string): void;
}

/**
 * Two generations: when the young one is full it becomes the old one, and what is still in use moves back. That keeps
 * the bounds (at most twice these) without a list of uses to maintain on every hit.
 */
export function tokenCache(maxTokens = 5_000, maxCharacters = 4 * 2 ** 20): TokenCache {
  let young = new Map<string, CachedToken>();
  let old = new Map<string, CachedToken>();
  let characters = 0;
  const put = (token: string, value: CachedToken) => {
    if (young.size >= maxTokens || characters + token.length > maxCharacters) {
      old = young;
      young = new Map();
      characters = 0;
    }
    young.set(token, value);
    characters += token.length;
  };
  const drop = (token: string) => {
    if (young.delete(token)) characters -= token.length;
    old.delete(token);
  };
  return {
    get(token) {
      let hit = young.get(token);
      if (!hit) {
        hit = old.get(token);
        if (!hit) return undefined;
        old.delete(token);
        put(token, hit);
      }
      if (!hit.key.revoked) return hit;
      drop(token);
      return undefined;
    },
    set(token, value) {
      if (token.length <= MAX_TOKEN_LENGTH) put(token, value);
    },
    delete: drop,
  };
}
