/** Reads a JSON Web Key Set. A key that cannot be used is left out, as in Envoy; the others serve. */
import { exportJWK, importX509, type JWK } from 'jose';
import { decodeToBytes } from './base64url.ts';

/** A public key and what it may be used for. */
export interface PublicKey {
  /** '' fits every token. */
  kid: string;
  /** '' fits every algorithm of its type. */
  alg: string;
  kty: 'RSA' | 'EC' | 'OKP';
  /** Curve of an EC or OKP key. */
  crv: string;
  /** Only the parts that make up the key: `use`, `key_ops` and certificates do not count (captured: jwks-variants). */
  jwk: JWK;
  /** Set when the issuer no longer publishes it: tokens verified with it are not taken from the cache any more. */
  revoked: boolean;
  /** Imported for an algorithm, once. */
  imported: Map<string, Promise<CryptoKey | undefined>>;
}

export interface KeySet {
  keys: PublicKey[];
  /** Names or indexes of keys that were left out, with the reason; for findings. */
  ignored: string[];
}

/**
 * The usable keys of a JWKS, or of a map of kid to PEM certificate. An unreadable text gives no key.
 * @param most so many are read
 */
export async function readKeySet(text: string, most = Number.POSITIVE_INFINITY): Promise<KeySet> {
  const document = parse(text);
  if (!document) return { keys: [], ignored: ['the key set is no JSON object'] };
  if (!Array.isArray(document.keys)) return readCertificates(document, most);
  const keys: PublicKey[] = [];
  const ignored: string[] = [];
  for (const [index, entry] of document.keys.slice(0, most).entries()) {
    const key = readKey(entry);
    if (typeof key === 'string') ignored.push(`keys[${index}]: ${key}`);
    else keys.push(key);
  }
  return { keys, ignored };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The key, or why it is left out. */
export function readKey(entry: unknown): PublicKey | string {
  if (typeof entry !== 'object' || entry === null) return 'not an object';
  const jwk = entry as Record<string, unknown>;
  switch (jwk.kty) {
    case 'RSA':
      return readRsa(jwk);
    case 'EC':
      return readEc(jwk);
    case 'OKP':
      return readOkp(jwk);
    case 'oct':
      return 'a shared secret (kty oct) is not accepted';
    default:
      return 'kty is missing or not supported';
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function key(jwk: Record<string, unknown>, kty: PublicKey['kty'], crv: string, parts: string[]): PublicKey | string {
  const kept: Record<string, string> = { kty };
  if (crv) kept.crv = crv;
  for (const part of parts) {
    const bytes = decodeToBytes(text(jwk[part]));
    if (!bytes || bytes.length === 0) return `${part} is missing or no base64url`;
    kept[part] = text(jwk[part]).replace(/[\s=]+/g, '');
  }
  return { kid: text(jwk.kid), alg: text(jwk.alg), kty, crv, jwk: kept as JWK, revoked: false, imported: new Map() };
}

function readRsa(jwk: Record<string, unknown>): PublicKey | string {
  if (!/^(|[RP]S.*)$/.test(text(jwk.alg))) return 'alg does not fit an RSA key';
  const exponent = decodeToBytes(text(jwk.e));
  const value = exponent?.reduce((sum, byte) => sum * 256 + byte, 0);
  return value === 3 || value === 65537 ? key(jwk, 'RSA', '', ['n', 'e']) : 'e is not 3 or 65537';
}

const CURVE_OF: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function readEc(jwk: Record<string, unknown>): PublicKey | string {
  const alg = text(jwk.alg);
  const crv = text(jwk.crv) || CURVE_OF[alg] || (alg === '' ? 'P-256' : '');
  if (!Object.values(CURVE_OF).includes(crv)) return 'crv is not supported';
  if (alg !== '' && CURVE_OF[alg] !== crv) return 'alg does not fit crv';
  return key(jwk, 'EC', crv, ['x', 'y']);
}

function readOkp(jwk: Record<string, unknown>): PublicKey | string {
  if (jwk.crv !== 'Ed25519') return 'crv is not supported';
  if (!['', 'EdDSA'].includes(text(jwk.alg))) return 'alg does not fit an OKP key';
  return decodeToBytes(text(jwk.x))?.length === 32 ? key(jwk, 'OKP', 'Ed25519', ['x']) : 'x is not 32 bytes';
}

/** `{"<kid>": "-----BEGIN CERTIFICATE-----…"}`, as some issuers publish RSA keys. */
async function readCertificates(document: Record<string, unknown>, most: number): Promise<KeySet> {
  const keys: PublicKey[] = [];
  const ignored: string[] = [];
  for (const [kid, pem] of Object.entries(document).slice(0, most)) {
    try {
      const jwk = await exportJWK(await importX509(text(pem), 'RS256', { extractable: true }));
      const read = readKey({ kty: jwk.kty, n: jwk.n, e: jwk.e, kid });
      if (typeof read === 'string') ignored.push(`${kid}: ${read}`);
      else keys.push(read);
    } catch {
      ignored.push(`${kid}: not an RSA certificate`);
    }
  }
  return { keys, ignored };
}
