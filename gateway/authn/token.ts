/** Reads a compact JWS the way Envoy's jwt_authn does: same checks, same order, so that the texts are the same. */
import type { Claims } from '../exchange.ts';
import { decodeToBytes, decodeToText } from './base64url.ts';
import type { Status } from './status.ts';
import { parseStrictObject } from './strict-json.ts';

/** Asymmetric algorithms only: a shared secret has no place in a configuration that many can read. */
const ALGORITHMS = new Set([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
]);
/** Read, so that the text is Envoy's, but no key is ever accepted for them. */
const HMAC = new Set(['HS256', 'HS384', 'HS512']);

/** A token as written; nothing in it is proven until a key has verified it. */
export interface Token {
  alg: string;
  /** '' when the header names none. */
  kid: string;
  iss: string;
  audiences: string[];
  /** Seconds since 1970; 0 when absent. */
  nbf: number;
  exp: number;
  claims: Claims;
  /** The payload section as it came, for outputPayloadToHeader. */
  payload: string;
  /** What the signature covers. */
  signed: string;
  signature: Uint8Array<ArrayBuffer>;
}

/** The parsed token, or why it cannot be one. Never throws. */
export function parseToken(text: string): Token | Status {
  const sections = text.split('.').filter((section) => section !== '');
  if (sections.length !== 3) return 'JwtBadFormat';
  const [headerText, payload, signatureText] = sections as [string, string, string];
  const header = parseHeader(headerText);
  if (typeof header === 'string') return header;
  const claims = parseObject(payload, 'JwtPayloadBadBase64', 'JwtPayloadBadJson');
  if (typeof claims === 'string') return claims;
  const registered = readRegistered(claims);
  if (typeof registered === 'string') return registered;
  const signature = decodeToBytes(signatureText);
  if (!signature) return 'JwtSignatureBadBase64';
  return { ...header, ...registered, claims, payload, signed: `${headerText}.${payload}`, signature };
}

function parseHeader(text: string): Pick<Token, 'alg' | 'kid'> | Status {
  const header = parseObject(text, 'JwtHeaderBadBase64', 'JwtHeaderBadJson');
  if (typeof header === 'string') return header;
  const { alg, kid = '' } = header;
  if (typeof alg !== 'string') return 'JwtHeaderBadAlg';
  if (!ALGORITHMS.has(alg) && !HMAC.has(alg)) return 'JwtHeaderUnknownAlg';
  return typeof kid === 'string' ? { alg, kid } : 'JwtHeaderBadKid';
}

function parseObject(text: string, badBase64: Status, badJson: Status): Claims | Status {
  const json = decodeToText(text);
  if (json === undefined) return badBase64;
  return (json === null ? undefined : parseStrictObject(json)) ?? badJson;
}

type Registered = Pick<Token, 'iss' | 'audiences' | 'nbf' | 'exp'>;

function readRegistered(claims: Claims): Registered | Status {
  const { iss = '', sub = '', jti = '' } = claims;
  if (typeof iss !== 'string') return 'JwtIssNotString';
  if (typeof sub !== 'string') return 'JwtSubNotString';
  const iat = readTime(claims.iat, 'JwtIatNotInteger', 'JwtIatOutOfRange');
  if (typeof iat === 'string') return iat;
  const nbf = readTime(claims.nbf, 'JwtNbfNotInteger', 'JwtNbfOutOfRange');
  if (typeof nbf === 'string') return nbf;
  const exp = readTime(claims.exp, 'JwtExpNotInteger', 'JwtExpOutOfRange');
  if (typeof exp === 'string') return exp;
  if (typeof jti !== 'string') return 'JwtJtiNotString';
  const audiences = readAudiences(claims.aud);
  return audiences ? { iss, audiences, nbf, exp } : 'JwtAudNotString';
}

/** Whole seconds; fractions are cut off, as Envoy's conversion to an unsigned integer does. */
function readTime(value: unknown, wrongType: Status, outOfRange: Status): number | Status {
  if (value === undefined) return 0;
  if (typeof value !== 'number') return wrongType;
  return value < 0 || value >= 2 ** 64 ? outOfRange : Math.trunc(value);
}

function readAudiences(aud: unknown): string[] | undefined {
  if (aud === undefined) return [];
  if (typeof aud === 'string') return [aud];
  if (!Array.isArray(aud)) return undefined;
  return aud.every((entry) => typeof entry === 'string') ? aud : undefined;
}

/** Seconds by which clocks may differ (Envoy's default; Istio sets none). */
const LEEWAY = 60;

/** Whether the token holds at `now` (seconds). */
export function checkTime(token: Pick<Token, 'nbf' | 'exp'>, now: number): Status {
  if (now + LEEWAY < token.nbf) return 'JwtNotYetValid';
  return token.exp !== 0 && now > token.exp + LEEWAY ? 'JwtExpired' : 'Ok';
}
