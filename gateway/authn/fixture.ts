/** What the tests of authentication and authorisation share: an Exchange without a Worker, keys and tokens made on the spot. */
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Exchange, HeaderView } from '../exchange.ts';
import type { JwtProvider, Snapshot } from '../snapshot.ts';

type Fields = Partial<Omit<Exchange, 'requestHeaders'>> & { headers?: Record<string, string> };

export function headerView(initial: Record<string, string> = {}): HeaderView {
  const map = new Map(Object.entries(initial).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    get: (name) => map.get(name) ?? null,
    first: (name) => map.get(name) ?? null,
    has: (name) => map.has(name),
    set: (name, value) => void map.set(name, value),
    append: (name, value) => void map.set(name, map.has(name) ? `${map.get(name)}, ${value}` : value),
    remove: (name) => void map.delete(name),
    entries: () => map.entries(),
    get size() {
      return map.size;
    },
  };
}

/** A GET of http://app.example.com/ from 127.0.0.2, with what a test needs otherwise. */
export function fakeExchange({ headers = {}, ...fields }: Fields = {}): Exchange {
  const listener = { name: '0.0.0.0_80', port: 80, servers: [], httpFilters: [] };
  return {
    snapshot: {} as Snapshot,
    listener,
    virtualHost: undefined,
    route: undefined,
    method: 'GET',
    scheme: 'http',
    authority: 'app.example.com',
    path: '/',
    peer: { address: '127.0.0.2', port: 40_000 },
    clientAddress: '127.0.0.2',
    requestHeaders: headerView(headers),
    body: null,
    status: 0,
    responseHeaders: headerView(),
    responseBody: null,
    verified: new Map(),
    metadata: new Map(),
    flags: new Set(),
    details: '',
    startTime: Date.now(),
    upstream: { cluster: undefined, endpoint: undefined, attempts: 0, failure: undefined },
    destination: undefined,
    routeHeaders: undefined,
    filters: undefined,
    waitUntil: () => {},
    env: {},
    ...fields,
  };
}

export interface Signer {
  jwk: JWK;
  privateKey: CryptoKey;
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export async function signer(alg = 'RS256', kid = 'k1'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg };
  return {
    jwk,
    privateKey,
    sign: (claims, header = {}) => new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}

/** A rule of issuer `issuer` with Istio's defaults. */
export function providerOf(keys: JWK[], fields: Partial<JwtProvider> = {}): JwtProvider {
  return {
    name: 'origins-0',
    issuer: 'issuer',
    audiences: [],
    jwks: JSON.stringify({ keys }),
    fromHeaders: [],
    fromParams: [],
    fromCookies: [],
    forwardOriginalToken: false,
    outputClaimToHeaders: [],
    spaceDelimitedClaims: [],
    timeoutMs: 5_000,
    ...fields,
  };
}
