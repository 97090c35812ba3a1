/**
 * An issuer of tokens that publishes its keys over HTTP, with a discovery document; the keys are made at the start and can be rotated. `/token` gives
 * a token with the claims of the query (`?iss=…&groups=a,b`: a comma makes a list), for trying things out by hand.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface Issuer {
  port: number;
  /** How often somebody asked for the keys. */
  asked: number;
  /** A token of the current key, valid for an hour unless the claims say otherwise. */
  token(claims: Record<string, unknown>): Promise<string>;
  rotate(): Promise<void>;
  stop(): void;
}

export async function startIssuer(alg = 'RS256', port = 0): Promise<Issuer> {
  let number = 0;
  let current: { kid: string; privateKey: CryptoKey; jwk: JWK };
  const rotate = async () => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    number++;
    current = { kid: `key-${number}`, privateKey, jwk: { ...(await exportJWK(publicKey)), kid: `key-${number}`, alg } };
  };
  await rotate();
  const server = http.createServer(async ({ url = '' }, response) => {
    if (url.startsWith('/token')) return void response.end(await issuer.token(claimsOf(url)));
    if (url === '/.well-known/openid-configuration') {
      const own = `http://127.0.0.1:${issuer.port}`;
      return void response.end(JSON.stringify({ issuer: own, jwks_uri: `${own}/jwks.json` }));
    }
    issuer.asked++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [current.jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const issuer: Issuer = {
    port: (server.address() as AddressInfo).port,
    asked: 0,
    token: (claims) =>
      new SignJWT({ exp: Math.floor(Date.now() / 1_000) + 3_600, ...claims })
        .setProtectedHeader({ alg, kid: current.kid })
        .sign(current.privateKey),
    rotate,
    stop: () => void server.close().closeAllConnections(),
  };
  return issuer;
}

function claimsOf(url: string): Record<string, unknown> {
  const pairs = [...new URL(url, 'http://issuer').searchParams];
  return Object.fromEntries(pairs.map(([name, value]) => [name, value.includes(',') ? value.split(',') : value]));
}
