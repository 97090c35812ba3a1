/** Users whom somebody else has authenticated: OpenID Connect ID tokens, and Cloudflare Access in front of us. jose checks the tokens. */
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type AccessSettings, type CloudflareAccess, grantsFor, type OidcIssuer } from './settings.ts';
import type { User } from './user.ts';

export const ACCESS_HEADER = 'cf-access-jwt-assertion';

/** Signatures with a key that only the issuer has; never `none`, never a shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 30;
const DISCOVERY_TIMEOUT_MS = 5000;
/** Keys are fetched again when a token names one that is not known, but not more often than this: a new key works soon, and an old one no longer. */
const KEYS = { cooldownDuration: 5000, cacheMaxAge: 300_000, timeoutDuration: DISCOVERY_TIMEOUT_MS };

/** Checks one issuer's tokens; undefined for a token that is not good, for whatever reason. */
export type JwtLogin = (token: string) => Promise<User | undefined>;

export function oidcLogin(oidc: OidcIssuer, { grants = [] }: AccessSettings): JwtLogin {
  const keys = once(() => discoveredKeys(oidc.issuer));
  return async (token) => {
    const payload = await verified(token, keys, oidc.issuer, oidc.audience);
    const name = payload && usernameIn(payload, oidc.usernameClaim ?? 'sub');
    if (!payload || !name) return undefined;
    const groups = textsIn(payload[oidc.groupsClaim ?? 'groups']);
    return { name: `oidc:${name}`, groups, grants: grantsFor(grants, `oidc:${name}`, groups) };
  };
}

export function accessLogin({ teamDomain, audience }: CloudflareAccess, { grants = [] }: AccessSettings): JwtLogin {
  const certs = new URL('/cdn-cgi/access/certs', teamDomain);
  const keys = once(async () => createRemoteJWKSet(certs, KEYS));
  return async (token) => {
    const payload = await verified(token, keys, new URL(teamDomain).origin, audience);
    // A service token has no email but a common_name.
    const name = payload && (textIn(payload.email) ?? textIn(payload.common_name));
    if (!payload || !name) return undefined;
    const groups = textsIn(payload.groups);
    return { name: `access:${name}`, groups, grants: grantsFor(grants, `access:${name}`, groups) };
  };
}

async function verified(
  token: string,
  keys: () => Promise<JWTVerifyGetKey>,
  issuer: string,
  audience: string,
): Promise<JWTPayload | undefined> {
  try {
    const checks = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_SECONDS };
    return (await jwtVerify(token, await keys(), { ...checks, requiredClaims: ['exp'] })).payload;
  } catch {
    return undefined;
  }
}

/** OpenID Connect Discovery 1.0, section 4.3: the document must name the issuer that was asked. */
async function discoveredKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) });
  const document = (await answer.json()) as { issuer?: string; jwks_uri?: string };
  if (document.issuer !== issuer || !document.jwks_uri) throw new Error(`${url} is not the issuer's document`);
  return createRemoteJWKSet(new URL(document.jwks_uri), KEYS);
}

/** Kept once it has worked; a failure is tried again by the next caller. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

function usernameIn(payload: JWTPayload, claim: string): string | undefined {
  if (claim === 'email' && payload.email_verified !== true) return undefined;
  return textIn(payload[claim]);
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const textsIn = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string');
