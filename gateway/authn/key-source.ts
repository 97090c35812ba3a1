/** Where a rule's keys come from: its own text, or an issuer that is asked and asked again. */

import type { Fetch } from './fetch-document.ts';
import { type KeySet, type PublicKey, readKeySet } from './jwks.ts';

/** What a look-up may use of the request on whose behalf it is made. */
export interface KeyContext {
  /** Milliseconds. */
  now: number;
  fetch: Fetch;
  /** To hosts that no configuration names, an issuer's document does: nothing but the internet. Absent: as `fetch`. */
  fetchAbroad?: Fetch;
  waitUntil(promise: Promise<unknown>): void;
}

export interface KeySource {
  /** The keys to verify with. Waits only when there are none yet. Never rejects: an issuer that is down gives no keys. */
  keys(context: KeyContext): readonly PublicKey[] | Promise<readonly PublicKey[]>;
  /** Asked when no key fits a token: newer keys, or undefined when it is too early to ask again. */
  renew(context: KeyContext): Promise<readonly PublicKey[]> | undefined;
}

/** jwtRules[].jwks. Read once, when the first token comes. */
export function inlineKeys(jwks: string): KeySource {
  let read: Promise<KeySet> | undefined;
  let keys: PublicKey[] | undefined;
  return {
    keys() {
      if (keys) return keys;
      read ??= readKeySet(jwks);
      return read.then((set) => {
        keys = set.keys;
        return keys;
      });
    },
    renew: () => undefined,
  };
}
