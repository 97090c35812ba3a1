/** jwtRules[].jwks as Istio's webhook reads it: any key that it cannot read refuses the whole set, with the texts of its reader (jwx 1). */
import type { Issues } from './issues.ts';

type Jwk = Record<string, unknown>;

/** The parts that make up a key, by kty; those of a private key are asked for when there is a `d`. */
const REQUIRED: Readonly<Record<string, { type: string; parts: readonly string[]; bytes: readonly string[] }>> = {
  RSA: { type: 'rsa', parts: ['e', 'n'], bytes: ['d', 'dp', 'dq', 'e', 'n', 'p', 'q', 'qi'] },
  EC: { type: 'ecdsa', parts: ['crv', 'x', 'y'], bytes: ['d', 'x', 'y'] },
  OKP: { type: 'okp', parts: ['crv', 'x'], bytes: ['d', 'x'] },
  oct: { type: 'symmetric', parts: ['k'], bytes: ['k'] },
};
const TEXTS = ['alg', 'crv', 'kid', 'use', 'x5t', 'x5t#S256', 'x5u'];
const TEXT_LISTS = ['key_ops', 'x5c'];

/** One error for the first key that cannot be read, else a warning for each private one. */
export function validateJwks(jwks: string, issues: Issues): void {
  const keys = keysOf(jwks);
  const problem = typeof keys === 'string' ? keys : firstProblem(keys);
  if (problem !== undefined) issues.error(`jwks parse error: failed to unmarshal JWK set: ${problem}`);
  else if (typeof keys !== 'string') warnOfPrivateKeys(keys.list as Jwk[], issues);
}

/** `single`: the set is one key, without the list around it. A text says why it is neither. */
function keysOf(jwks: string): { list: unknown[]; single: boolean } | string {
  let value: unknown;
  try {
    value = JSON.parse(jwks);
  } catch (error) {
    return (error as Error).message;
  }
  if (typeof value !== 'object' || value === null) return 'error reading token: EOF';
  if (Array.isArray(value)) return "expected '{', but got '['";
  if (!Object.hasOwn(value, 'keys')) return { list: [value], single: true };
  const { keys } = value as { keys: unknown };
  return Array.isArray(keys ?? []) ? { list: (keys ?? []) as unknown[], single: false } : 'failed to decode "keys"';
}

function firstProblem({ list, single }: { list: unknown[]; single: boolean }): string | undefined {
  for (const [index, key] of list.entries()) {
    const problem = keyProblem(key);
    if (problem === undefined) continue;
    return single
      ? `failed to parse sole key in key set: ${problem}`
      : `failed to decode key #${index} in "keys": ${problem}`;
  }
  return undefined;
}

function keyProblem(key: unknown): string | undefined {
  if (typeof (key ?? {}) !== 'object' || Array.isArray(key)) return 'failed to unmarshal JSON into key hint';
  const jwk = (key ?? {}) as Jwk;
  if (typeof (jwk.kty ?? '') !== 'string') return 'failed to unmarshal JSON into key hint';
  const kty = String(jwk.kty ?? '');
  const required = Object.hasOwn(REQUIRED, kty) ? REQUIRED[kty]! : undefined;
  if (!required) return `invalid key type from JSON (${kty})`;
  const problem = fieldProblem(jwk, required.bytes) ?? missingProblem(jwk, kty, required.parts);
  return problem && `failed to unmarshal JSON into key (*jwk.${required.type}${nature(kty, jwk)}Key): ${problem}`;
}

const nature = (kty: string, { d }: Jwk): string => (kty === 'oct' ? '' : d === undefined ? 'Public' : 'Private');

function fieldProblem(jwk: Jwk, bytes: readonly string[]): string | undefined {
  const of = (field: string, problem: string): string => `failed to decode value for key ${field}: ${problem}`;
  for (const [field, value] of Object.entries(jwk)) {
    if (value === null) continue;
    if (TEXTS.includes(field) && typeof value !== 'string') return of(field, `${typeof value} is no string`);
    if (TEXT_LISTS.includes(field) && !isTextList(value)) return of(field, 'it is no list of strings');
    if (!bytes.includes(field)) continue;
    if (typeof value !== 'string') return of(field, `${typeof value} is no string`);
    if (!isBase64(value)) return of(field, 'expected base64 encoded []byte (string)');
  }
  return undefined;
}

function missingProblem(jwk: Jwk, kty: string, parts: readonly string[]): string | undefined {
  const asked = kty !== 'oct' && jwk.d !== undefined ? ['d', ...parts] : parts;
  const missing = asked.find((part) => jwk[part] === undefined);
  return missing && `required field ${missing} is missing`;
}

const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

/** Either alphabet; padding must be whole where there is any. */
function isBase64(text: string): boolean {
  const compact = text.replace(/[\r\n]/g, '');
  const digits = compact.replace(/={1,2}$/, '');
  if (!/^([A-Za-z0-9+/]*|[A-Za-z0-9_-]*)$/.test(digits) || digits.length % 4 === 1) return false;
  return digits === compact || compact.length % 4 === 0;
}

function warnOfPrivateKeys(list: readonly Jwk[], issues: Issues): void {
  for (const [index, { kty, d }] of list.entries()) {
    if (kty !== 'oct' && d === undefined) continue;
    issues.warn(`jwks key at index ${index} contains private key material; only public keys are used for verification`);
  }
}
