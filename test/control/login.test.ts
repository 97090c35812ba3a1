/** OpenID Connect and Cloudflare Access against an issuer of our own: which tokens let whom in, with what. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { authenticator } from '../../control-api/access/authenticate.ts';
import { checkSettings } from '../../control-api/access/settings.ts';
import { Tokens } from '../../control-api/access/tokens.ts';
import { memorySql } from './api.ts';

type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
let server: Server;
let issuer: string;
let key: Key;
let foreign: Key;

before(async () => {
  const pair = await generateKeyPair('ES256');
  key = pair.privateKey;
  foreign = (await generateKeyPair('ES256')).privateKey;
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }] });
  server = createServer((request, answer) => {
    if (request.url === '/.well-known/openid-configuration')
      answer.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    else answer.end(keys);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const sign = (claims: JWTPayload, signer = key) =>
  new SignJWT({ iss: issuer, aud: 'bowsprit', sub: 'ada', exp: Math.floor(Date.now() / 1000) + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(signer);

function login(headers: Record<string, string>) {
  const authenticate = authenticator(new Tokens(memorySql().sql), {
    oidc: [{ issuer, audience: 'bowsprit' }],
    cloudflareAccess: { teamDomain: issuer, audience: 'aud-tag' },
    grants: [
      { user: 'oidc:ada', role: 'viewer', namespace: '*' },
      { group: 'platform', role: 'admin', namespace: 'shop' },
      { user: 'access:ada@example.com', role: 'editor', namespace: '*' },
    ],
  });
  return authenticate(new Request('https://api.test/api', { headers }));
}
const bearer = async (token: Promise<string> | string) => login({ authorization: `Bearer ${await token}` });

test('an ID token lets its user in, with the grants of user and groups', async () => {
  const user = await bearer(sign({ groups: ['platform', 'other'] }));
  assert.equal(user?.name, 'oidc:ada');
  assert.deepEqual(user?.grants, [
    { role: 'viewer', namespace: '*' },
    { role: 'admin', namespace: 'shop' },
  ]);
  assert.deepEqual((await bearer(sign({ sub: 'stranger' })))?.grants, [], 'known, but nothing is granted');
});

test('a token that is expired, of another audience, issuer or key, or unsigned, lets nobody in', async () => {
  const past = Math.floor(Date.now() / 1000) - 3600;
  const [, body] = (await sign({})).split('.');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
  const bad = [
    sign({ exp: past }),
    sign({ aud: 'other' }),
    sign({ iss: 'http://127.0.0.1:1' }),
    sign({}, foreign),
    none,
    'x',
  ];
  for (const token of bad) assert.equal(await bearer(token), undefined);
  const forever = await new SignJWT({ iss: issuer, aud: 'bowsprit', sub: 'ada' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(key);
  assert.equal(await bearer(forever), undefined, 'without an expiry');
});

test('Cloudflare Access lets its user in, and no page of another origin', async () => {
  const assertion = await sign({ aud: ['aud-tag'], email: 'ada@example.com' });
  const user = await login({ 'cf-access-jwt-assertion': assertion });
  assert.deepEqual(user?.grants, [{ role: 'editor', namespace: '*' }]);
  assert.equal(await login({ 'cf-access-jwt-assertion': assertion, origin: 'https://evil.test' }), undefined);
  assert.equal(await login({ 'cf-access-jwt-assertion': await sign({ aud: 'bowsprit' }) }), undefined);
});

test('settings that would let anybody in are refused', () => {
  for (const [value, why] of [
    [{ oidc: [{ issuer: 'http://idp.test', audience: 'a' }] }, /https/],
    [{ oidc: [{ issuer: 'https://idp.test' }] }, /audience/],
    [{ cloudflareAccess: { teamDomain: 'https://x.test' } }, /audience/],
    [{ grants: [{ role: 'admin', namespace: '*' }] }, /user or group/],
    [{ grants: [{ user: 'a', role: 'root', namespace: '*' }] }, /role/],
  ] as const) {
    const checked = checkSettings(value);
    assert.match('error' in checked ? checked.error : '', why);
  }
});
