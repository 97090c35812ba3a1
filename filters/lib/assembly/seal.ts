/**
 * Sealed texts for cookies: ChaCha20 (RFC 8439) and then HMAC-SHA256 over all of it, with keys derived from one secret.
 * What was changed, or sealed for another purpose, does not open.
 */

import { decodeUtf8, encodeUtf8 } from 'bowsprit-sdk';
import { concat, hmacSha256, sameBytes } from './sha256';
import { fromBase64, toBase64Url } from './text';

const NONCE: i32 = 12;
const TAG: i32 = 32;

export class Seal {
  private encryptKey: Uint8Array;
  private macKey: Uint8Array;
  private randomKey: Uint8Array;
  private count: u64 = 0;

  /** `secret` has at least 32 bytes. */
  constructor(secret: Uint8Array) {
    this.encryptKey = hmacSha256(secret, encodeUtf8('encrypt'));
    this.macKey = hmacSha256(secret, encodeUtf8('authenticate'));
    this.randomKey = hmacSha256(secret, encodeUtf8('random'));
  }

  close(purpose: string, text: string, salt: string): string {
    const nonce = this.random(salt).slice(0, NONCE);
    const body = concat(nonce, chacha20(this.encryptKey, nonce, encodeUtf8(text)));
    return toBase64Url(concat(body, this.tag(purpose, body)));
  }

  /** null when it was not sealed with this secret for this purpose. */
  open(purpose: string, sealed: string): string | null {
    const bytes = fromBase64(sealed);
    if (bytes === null || bytes.length < NONCE + TAG) return null;
    const body = bytes.slice(0, bytes.length - TAG);
    if (!sameBytes(this.tag(purpose, body), bytes.slice(bytes.length - TAG))) return null;
    return decodeUtf8(chacha20(this.encryptKey, body.slice(0, NONCE), body.slice(NONCE)));
  }

  /**
   * 32 bytes nobody without the secret can foretell. A module has no source of randomness that Envoy and the edge share, so
   * they come from the secret, the request and a counter; `salt` must differ between isolates: request id and time.
   */
  random(salt: string): Uint8Array {
    this.count++;
    return hmacSha256(this.randomKey, encodeUtf8(salt + ' ' + this.count.toString()));
  }

  private tag(purpose: string, body: Uint8Array): Uint8Array {
    return hmacSha256(this.macKey, concat(encodeUtf8(purpose + '\n'), body));
  }
}

const state = new StaticArray<u32>(16);
const working = new StaticArray<u32>(16);

/** The same for both directions. */
export function chacha20(key: Uint8Array, nonce: Uint8Array, data: Uint8Array): Uint8Array {
  state[0] = 0x61707865;
  state[1] = 0x3320646e;
  state[2] = 0x79622d32;
  state[3] = 0x6b206574;
  for (let i = 0; i < 8; i++) state[4 + i] = load<u32>(key.dataStart + i * 4);
  state[12] = 1;
  for (let i = 0; i < 3; i++) state[13 + i] = load<u32>(nonce.dataStart + i * 4);
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 64) {
    block();
    const size = min(64, data.length - at);
    for (let i = 0; i < size; i++) out[at + i] = data[at + i] ^ <u8>(working[i >> 2] >> (<u32>(i & 3) * 8));
    state[12]++;
  }
  return out;
}

function block(): void {
  for (let i = 0; i < 16; i++) working[i] = state[i];
  for (let round = 0; round < 10; round++) {
    quarter(0, 4, 8, 12);
    quarter(1, 5, 9, 13);
    quarter(2, 6, 10, 14);
    quarter(3, 7, 11, 15);
    quarter(0, 5, 10, 15);
    quarter(1, 6, 11, 12);
    quarter(2, 7, 8, 13);
    quarter(3, 4, 9, 14);
  }
  for (let i = 0; i < 16; i++) working[i] += state[i];
}

function quarter(a: i32, b: i32, c: i32, d: i32): void {
  working[a] += working[b];
  working[d] = rotl<u32>(working[d] ^ working[a], 16);
  working[c] += working[d];
  working[b] = rotl<u32>(working[b] ^ working[c], 12);
  working[a] += working[b];
  working[d] = rotl<u32>(working[d] ^ working[a], 8);
  working[c] += working[d];
  working[b] = rotl<u32>(working[b] ^ working[c], 7);
}
