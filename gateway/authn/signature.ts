/** Checks a token's signature against a set of keys, with Envoy's choice of keys and its texts. */
import { importJWK } from 'jose';
import type { PublicKey } from './jwks.ts';
import type { Status } from './status.ts';
import type { Token } from './token.ts';

type VerifyParameters = Parameters<SubtleCrypto['verify']>[0];

interface Algorithm {
  kty: PublicKey['kty'];
  parameters: VerifyParameters;
}

/** Any curve: Envoy ties a curve to an algorithm only where the key itself names one. */
const ecdsa = (hash: string): Algorithm => ({ kty: 'EC', parameters: { name: 'ECDSA', hash } });
const pss = (saltLength: number): Algorithm => ({ kty: 'RSA', parameters: { name: 'RSA-PSS', saltLength } });
const pkcs1: Algorithm = { kty: 'RSA', parameters: { name: 'RSASSA-PKCS1-v1_5' } };

/** The whole table: an algorithm that is not in it (none, HS256 …) is never verified by any key. */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  RS256: pkcs1,
  RS384: pkcs1,
  RS512: pkcs1,
  PS256: pss(32),
  PS384: pss(48),
  PS512: pss(64),
  ES256: ecdsa('SHA-256'),
  ES384: ecdsa('SHA-384'),
  ES512: ecdsa('SHA-512'),
  EdDSA: { kty: 'OKP', parameters: { name: 'Ed25519' } },
};

export interface Verified {
  status: Status;
  /** The key that verified it; present exactly when status is Ok. */
  key?: PublicKey;
}

/**
 * Tries the keys of the token's kid, or every key when the token names none; a key without kid fits every token. The
 * key's own type decides what a signature can be: a token cannot talk an RSA key into being a secret (alg confusion).
 */
export async function verifySignature(token: Token, keys: readonly PublicKey[]): Promise<Verified> {
  let matched = false;
  for (const key of keys) {
    if (!fits(token, key)) continue;
    matched = true;
    const algorithm = Object.hasOwn(ALGORITHMS, token.alg) ? ALGORITHMS[token.alg]! : undefined;
    // Asked before anything else, whatever the token's algorithm is (Envoy 1.40).
    if (key.kty === 'OKP' && token.signature.length !== 64) return { status: 'JwtEd25519SignatureWrongLength' };
    if (algorithm?.kty !== key.kty) continue;
    if (await verifies(token, key, algorithm)) return { status: 'Ok', key };
  }
  return { status: matched ? 'JwtVerificationFail' : 'JwksKidAlgMismatch' };
}

/** Whether the set holds any key that the token could mean; when not, the set may be out of date. */
export function hasKeyFor(token: Token, keys: readonly PublicKey[]): boolean {
  return keys.some((key) => fits(token, key));
}

function fits(token: Token, key: PublicKey): boolean {
  if (token.kid !== '' && key.kid !== '' && key.kid !== token.kid) return false;
  return key.alg === '' || key.alg === token.alg;
}

const encoder = new TextEncoder();

async function verifies(token: Token, key: PublicKey, algorithm: Algorithm): Promise<boolean> {
  const imported = await importFor(key, token.alg);
  if (!imported) return false;
  return crypto.subtle.verify(algorithm.parameters, imported, token.signature, encoder.encode(token.signed));
}

/** By which a key is imported: jose ties a curve to an algorithm. */
const algorithmOf = ({ crv }: PublicKey, alg: string): string => CURVES[crv] ?? alg;
const CURVES: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

/** Once for each key and algorithm; a key that cannot be imported verifies nothing. */
function importFor(key: PublicKey, alg: string): Promise<CryptoKey | undefined> {
  let imported = key.imported.get(alg);
  if (!imported) {
    imported = importJWK(key.jwk, algorithmOf(key, alg)).then(
      (result) => (result instanceof Uint8Array ? undefined : (result as CryptoKey)),
      () => undefined,
    );
    key.imported.set(alg, imported);
  }
  return imported;
}
