/** The answers below are those of Envoy 1.40 with Istio's requirement tree, asked once by hand; test/peers asks it again. */
import assert from 'node:assert/strict';
import { KeyObject, sign, type webcrypto } from 'node:crypto';
import { test } from 'node:test';
import type { JWK } from 'jose';
import type { Exchange, LocalReply } from '../exchange.ts';
import type { JwtProvider } from '../snapshot.ts';
import { fakeExchange, providerOf, signer } from './fixture.ts';
import { jwtStep } from './phase.ts';
import { STATUS_TEXTS } from './status.ts';

const one = await signer('RS256', 'k1');
const two = await signer('ES256', 'k2');
const g1 = await one.sign({ iss: 'i1', sub: 'a', n: 1.5, deep: { list: ['x'] } });
const g2 = await two.sign({ iss: 'i2', sub: 'z' });
const expired = await one.sign({ iss: 'i1', sub: 'a', exp: 1_000 });
const unknown = await one.sign({ iss: 'zz' });
const three = await signer('ES384', 'k3');
const edwards = await signer('EdDSA', 'k4');
/** Signed with the curve of another algorithm, as Node's crypto allows and jose does not. */
const crossed = crossSigned(three.privateKey, { iss: 'i1', sub: 'c' });
const unnamed = ({ kid: _kid, alg: _alg, ...jwk }: JWK): JWK => jwk;
const nobody = await one.sign({ iss: 'i1' }, { kid: '' });
const half = crossSigned(three.privateKey, { iss: 'i1', half: '\ud83d' });
const forgedSignature = `${g1.slice(0, -8)}AAAAAAAA`;

const first = (fields: Partial<JwtProvider> = {}) =>
  providerOf([one.jwk], { name: 'origins-0', issuer: 'i1', ...fields });
const second = (fields: Partial<JwtProvider> = {}) =>
  providerOf([two.jwk], { name: 'origins-1', issuer: 'i2', ...fields });

function crossSigned(key: CryptoKey, claims: object): string {
  const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${text({ alg: 'ES256' })}.${text(claims)}`;
  const options = { key: KeyObject.from(key as webcrypto.CryptoKey), dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), options).toString('base64url')}`;
}

async function ask(providers: JwtProvider[], exchange: Exchange): Promise<LocalReply | undefined> {
  const verdict = await jwtStep({ kind: 'jwt_authn', providers }, false).request!(exchange);
  return verdict === 'reroute' ? undefined : verdict;
}

const separate = [
  first({ fromHeaders: [{ name: 'x-one', prefix: '' }] }),
  second({ fromHeaders: [{ name: 'x-two', prefix: '' }] }),
];
const shared = [first(), second()];
const twoPlaces = [
  first({
    fromHeaders: [
      { name: 'x-jwt', prefix: '' },
      { name: 'x-pre', prefix: 'Token ' },
    ],
  }),
];
const curves = [providerOf([unnamed(three.jwk)], { issuer: 'i1' })];
const edwardsFirst = [providerOf([unnamed(edwards.jwk), unnamed(one.jwk)], { issuer: 'i1' })];
const { JwtBadFormat, JwtEd25519SignatureWrongLength, JwtExpired, JwtPayloadBadJson } = STATUS_TEXTS;
const { JwtUnknownIssuer, JwtVerificationFail } = STATUS_TEXTS;

type Row = [what: string, providers: JwtProvider[], headers: Record<string, string>, path: string, text: string];
const rows: Row[] = [
  ['no token', shared, {}, '/', ''],
  ['good token of the second rule', shared, { authorization: `Bearer ${g2}` }, '/', ''],
  ['forged signature', shared, { authorization: `Bearer ${forgedSignature}` }, '/', JwtVerificationFail],
  ['unknown issuer', shared, { authorization: `Bearer ${unknown}` }, '/', JwtUnknownIssuer],
  ['lower-case bearer is no token', shared, { authorization: `bearer ${g1}x` }, '/', ''],
  ['both rules, each its token', shared, { authorization: `Bearer ${g1}` }, `/?access_token=${g2}`, ''],
  ['a bad parameter spoils it', shared, { authorization: `Bearer ${g2}` }, '/?access_token=bad', JwtBadFormat],
  ['two bearer lines are one value', shared, { authorization: `Bearer ${g1}, Bearer ${g1}` }, '/', JwtBadFormat],
  ['first of a repeated parameter', shared, {}, `/?access_token=${g1}&access_token=bad`, ''],
  ['empty parameter', shared, {}, '/?access_token=', JwtBadFormat],
  ['encoded parameter name', shared, {}, `/?access%5Ftoken=${g1}`, ''],
  ['good and bad at two places', twoPlaces, { 'x-jwt': g1, 'x-pre': 'Token bad' }, '/', JwtBadFormat],
  ['the last place is told', twoPlaces, { 'x-jwt': 'bad', 'x-pre': `Token ${expired}` }, '/', JwtExpired],
  ['two lines', twoPlaces, { 'x-jwt': `${g1}, ${g1}` }, '/', ''],
  ['two lines, one bad', twoPlaces, { 'x-jwt': `bad, ${g1}` }, '/', JwtBadFormat],
  ['prefix without a token', twoPlaces, { 'x-pre': 'Token !!!' }, '/', JwtBadFormat],
  ['one good of two rules', separate, { 'x-one': g1, 'x-two': 'abc' }, '/', ''],
  ['the other good', separate, { 'x-one': 'abc', 'x-two': g2 }, '/', ''],
  ['swapped', separate, { 'x-two': g1 }, '/', JwtUnknownIssuer],
  ['foreign and bad', separate, { 'x-one': g2, 'x-two': 'bad' }, '/', JwtBadFormat],
  ['expired and bad', separate, { 'x-one': expired, 'x-two': 'bad' }, '/', JwtExpired],
  ['the curve of another algorithm', curves, { authorization: `Bearer ${crossed}` }, '/', ''],
  ['half a character', curves, { authorization: `Bearer ${half}` }, '/', JwtPayloadBadJson],
  [
    'an Ed25519 key that is asked first',
    edwardsFirst,
    { authorization: `Bearer ${nobody}` },
    '/',
    JwtEd25519SignatureWrongLength,
  ],
  ['bad and foreign', separate, { 'x-one': 'bad', 'x-two': expired }, '/', JwtBadFormat],
];
for (const [what, providers, headers, path, text] of rows) {
  test(what, async () => {
    // Twice: the second answer may come from the cache of verified tokens, and must be the same.
    for (const _ of [1, 2]) {
      const reply = await ask(providers, fakeExchange({ headers, path }));
      assert.equal(reply?.body ?? '', text);
      assert.equal(reply?.status ?? 200, text === '' ? 200 : 401);
    }
  });
}

test('a verified token is taken out of header and query, and its claims are published', async () => {
  const exchange = fakeExchange({ headers: { authorization: `Bearer ${g1}` }, path: '/p?b=1&a=%41+%2b' });
  assert.equal(await ask([first()], exchange), undefined);
  assert.equal(exchange.requestHeaders.get('authorization'), null);
  assert.equal(exchange.verified.get('payload')?.sub, 'a');
  const query = fakeExchange({ path: `/p?y&b=1&access_token=${g1}&a=%41+b%0d&z=%2F%3d` });
  assert.equal(await ask([first()], query), undefined);
  assert.equal(query.path, '/p?a=A+b%0D&b=1&y=&z=/=');
});

test('headers of outputs cannot be forged, with a token or without', async () => {
  const outputs = { outputPayloadToHeader: 'X-Payload', outputClaimToHeaders: [{ header: 'X-Sub', claim: 'sub' }] };
  const forged = { 'x-sub': 'root', 'x-payload': 'e30', 'x-other': 'root' };
  const rules = [first(outputs), second({ outputClaimToHeaders: [{ header: 'x-other', claim: 'sub' }] })];
  const without = fakeExchange({ headers: forged });
  assert.equal(await ask(rules, without), undefined);
  assert.deepEqual([...without.requestHeaders.entries()], []);
  const withToken = fakeExchange({ headers: { ...forged, authorization: `Bearer ${g1}` } });
  assert.equal(await ask(rules, withToken), undefined);
  assert.deepEqual(Object.fromEntries(withToken.requestHeaders.entries()), {
    'x-sub': 'a',
    'x-payload': g1.split('.')[1],
  });
  const preflight = fakeExchange({
    method: 'OPTIONS',
    headers: { ...forged, origin: 'https://a', 'access-control-request-method': 'GET', authorization: 'Bearer bad' },
  });
  assert.equal(await ask(rules, preflight), undefined);
  assert.equal(preflight.requestHeaders.get('x-sub'), null);
});

test('the refusal names the URL, and says 403 for a wrong audience only', async () => {
  const wrong = fakeExchange({ headers: { authorization: `Bearer ${g1}` }, path: '/x?y=1', authority: 'App:8080' });
  const reply = await ask([first({ audiences: ['https://mine/'] })], wrong);
  assert.equal(reply?.status, 403);
  assert.equal(reply?.body, 'Audiences in Jwt are not allowed');
  assert.deepEqual(reply?.headers, [
    ['www-authenticate', 'Bearer realm="http://App:8080/x?y=1", error="invalid_token"'],
  ]);
  const good = fakeExchange({
    headers: { authorization: `Bearer ${await one.sign({ iss: 'i1', aud: ['z', 'http://mine'] })}` },
  });
  assert.equal(await ask([first({ audiences: ['https://mine/'] })], good), undefined);
});

test('clocks may differ by 60 seconds', async () => {
  const now = Math.floor(Date.now() / 1_000);
  for (const [claims, text] of [
    [{ exp: now - 55 }, ''],
    [{ exp: now - 65 }, JwtExpired],
    [{ nbf: now + 55 }, ''],
    [{ nbf: now + 65 }, STATUS_TEXTS.JwtNotYetValid],
  ] as const) {
    const exchange = fakeExchange({ headers: { authorization: `Bearer ${await one.sign({ iss: 'i1', ...claims })}` } });
    assert.equal((await ask([first()], exchange))?.body ?? '', text);
  }
});

test('a cached token answers without waiting, and not after it has expired or under another rule', async () => {
  const now = Math.floor(Date.now() / 1_000);
  const headers = { authorization: `Bearer ${await one.sign({ iss: 'i1', aud: 'a', exp: now + 10 })}` };
  const step = jwtStep({ kind: 'jwt_authn', providers: [first({ timeoutMs: 4_000 })] }, false);
  assert.ok(step.request!(fakeExchange({ headers })) instanceof Promise);
  await step.request!(fakeExchange({ headers }));
  assert.equal(step.request!(fakeExchange({ headers })), undefined);
  const late = step.request!(fakeExchange({ headers, startTime: (now + 80) * 1_000 })) as LocalReply;
  assert.equal(late.body, JwtExpired);
  const other = await ask([first({ timeoutMs: 4_000, audiences: ['b'] })], fakeExchange({ headers }));
  assert.equal(other?.status, 403);
});
