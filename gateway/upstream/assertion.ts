/**
 * The edge's signed word to the mesh entry that a request is its own, where the transport does not show its certificate: a JWT
 * that Istio's RequestAuthentication checks. One serves all requests of an isolate for half of its life, since a signature costs
 * as much as a request; it is bound to the entry by its audience, and to the tunnel by the entry's policy.
 */
import { importJWK, type JWK, SignJWT } from 'jose';
import type { Exchange } from '../exchange.ts';
import type { Cluster } from '../snapshot.ts';
import { ASSERTION_HEADER } from './mesh-headers.ts';

/** Also what RequestAuthentication and AuthorizationPolicy of `bowsprit mesh` ask for. */
const ISSUER = 'bowsprit-edge';
const SUBJECT = 'edge';
const LIFETIME_SECONDS = 60;
const RENEW_AFTER_MS = 30_000;

type Signed = Pick<Exchange, 'requestHeaders' | 'env'>;

/** Puts the assertion on a request; a promise only when it must be signed first. */
export type Sign = (exchange: Signed) => Promise<void> | undefined;

/** undefined: the entry wants none. Without a usable key the request goes unsigned, and the entry refuses it. */
export function foldAssertion(cluster: Cluster | undefined, now: () => number = Date.now): Sign | undefined {
  if (!cluster?.assertion) return undefined;
  const { audience } = cluster.assertion;
  return ({ requestHeaders, env }) => {
    const kept = assertions.get(audience);
    if (kept !== undefined && kept.key === env.ENTRY_KEY && now() - kept.signedAt < RENEW_AFTER_MS) {
      requestHeaders.set(ASSERTION_HEADER, kept.text);
      return undefined;
    }
    return sign(env.ENTRY_KEY, audience, now()).then((text) => requestHeaders.set(ASSERTION_HEADER, text), complain);
  };
}

/** By audience. Requests that meet none sign one each: a promise of another request may never settle. */
const assertions = new Map<string, { key: string; text: string; signedAt: number }>();

/** Rejects when ENTRY_KEY is missing or no private key on P-256. */
async function sign(key: unknown, audience: string, now: number): Promise<string> {
  if (typeof key !== 'string') throw new Error('the secret ENTRY_KEY is not bound');
  const jwk = JSON.parse(key) as JWK;
  const issued = Math.floor(now / 1000);
  const text = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...(jwk.kid !== undefined && { kid: jwk.kid }) })
    .setIssuer(ISSUER)
    .setSubject(SUBJECT)
    .setAudience(audience)
    .setIssuedAt(issued)
    .setExpirationTime(issued + LIFETIME_SECONDS)
    .sign(await importJWK(jwk, 'ES256'));
  assertions.set(audience, { key, text, signedAt: now });
  return text;
}

let complained = false;

function complain(error: Error): void {
  if (!complained) console.error(`bowsprit: requests reach the mesh entry unsigned: ${error.message}`);
  complained = true;
}
