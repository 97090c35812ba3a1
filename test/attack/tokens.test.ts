/** Forged tokens, each in a form that some library has fallen for. What Envoy 1.40 says to them was asked by hand. */
import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { fakeExchange, providerOf } from '../../gateway/authn/fixture.ts';
import { jwtStep } from '../../gateway/authn/phase.ts';
import type { LocalReply } from '../../gateway/exchange.ts';
import type { JwtProvider } from '../../gateway/snapshot.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (key: KeyObject, fields: object) => ({ ...(key.export({ format: 'jwk' }) as JsonWebKey), ...fields });

const base64url = (text: string) => Buffer.from(text).toString('base64url');
function rs256(header: object | string, payload: object | string, key: KeyObject = rsa.privateKey): string {
  const text = (part: object | string) => base64url(typeof part === 'string' ? part : JSON.stringify(part));
  const signed = `${text(header)}.${text(payload)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
}
function hs256(secret: string | Buffer, header: object = { alg: 'HS256', kid: 'k1' }): string {
  const signed = `${base64url(JSON.stringify(header))}.${base64url('{"iss":"i","sub":"root"}')}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const HEADER = { alg: 'RS256', kid: 'k1' };
const CLAIMS = { iss: 'i', sub: 'alice' };
const strict = providerOf([jwkOf(rsa.publicKey, { kid: 'k1', alg: 'RS256' })], { issuer: 'i' });
/** A key that does not say what it is for: the form on which confusion attacks live. */
const loose = providerOf([jwkOf(rsa.publicKey, {})], { issuer: 'i' });
const mixed = providerOf([jwkOf(ec.publicKey, {}), jwkOf(rsa.publicKey, {}), { kty: 'oct', k: base64url('secret') }], {
  issuer: 'i',
});

async function ask(token: string, ...providers: JwtProvider[]): Promise<string> {
  const exchange = fakeExchange({
    headers: { authorization: `Bearer ${token}` },
    env: { INTERNET: { fetch: () => assert.fail('a token made the gateway call somebody') } },
  });
  const step = jwtStep({ kind: 'jwt_authn', providers: providers.length > 0 ? providers : [strict] }, false);
  const verdict = (await step.request!(exchange)) as LocalReply | undefined;
  if (verdict === undefined) assert.ok(exchange.verified.size > 0, 'passed without being verified');
  return verdict === undefined ? 'passes' : String(verdict.body);
}

test('the good token passes, so that the refusals below mean something', async () => {
  for (const provider of [strict, loose, mixed]) assert.equal(await ask(rs256(HEADER, CLAIMS), provider), 'passes');
});

test('alg none, in any spelling, with or without a signature', async () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'null']) {
    const unsigned = `${base64url(JSON.stringify({ alg }))}.${base64url(JSON.stringify(CLAIMS))}`;
    for (const signature of ['', '.', '.e30', `.${rs256(HEADER, CLAIMS).split('.')[2]}`]) {
      assert.notEqual(await ask(unsigned + signature, loose), 'passes', alg + signature);
    }
    assert.equal(await ask(`${unsigned}.e30`), 'Jwt header [alg] is not supported');
  }
});

test('alg confusion: the public key in every form as an HMAC secret', async () => {
  const spki = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const secrets = [
    spki,
    String(spki).trim(),
    rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
    rsa.publicKey.export({ type: 'spki', format: 'der' }),
    String(jwkOf(rsa.publicKey, {}).n),
    JSON.stringify(jwkOf(rsa.publicKey, {})),
    '',
  ];
  for (const secret of secrets) {
    for (const provider of [strict, loose, mixed]) assert.notEqual(await ask(hs256(secret), provider), 'passes');
  }
});

test('a shared secret in the key set verifies nothing', async () => {
  for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: '' }]) {
    assert.notEqual(await ask(hs256('secret', header), mixed), 'passes');
  }
});

test('key-type confusion: the header names an algorithm of another kind of key', async () => {
  for (const alg of ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS512']) {
    for (const provider of [loose, mixed]) {
      assert.notEqual(await ask(rs256({ alg }, CLAIMS), provider), 'passes', alg);
    }
  }
  assert.equal(await ask(rs256({ alg: 'ES256' }, CLAIMS), loose), 'Jwt verification fails');
});

test('kid injection: names of objects, files, other rules and wrong types', async () => {
  const other = providerOf([jwkOf(attacker.publicKey, { kid: 'theirs' })], { name: 'origins-1', issuer: 'evil' });
  for (const kid of ['../../dev/null', "k1' OR '1'='1", '__proto__', 'constructor', 'theirs', 'K1', 'k1 ', '0']) {
    const text = await ask(rs256({ alg: 'RS256', kid }, CLAIMS, attacker.privateKey), strict, other);
    assert.notEqual(text, 'passes', kid);
  }
  for (const kid of [1, null, ['k1'], { k1: 1 }, true]) {
    assert.equal(await ask(rs256({ alg: 'RS256', kid }, CLAIMS)), 'Jwt header [kid] field is not a string');
  }
  // The other issuer's key is no key for this issuer's tokens, however the token names it.
  assert.equal(
    await ask(rs256({ alg: 'RS256', kid: 'theirs' }, CLAIMS, attacker.privateKey), strict, other),
    "Jwks doesn't have key to match kid or alg from Jwt",
  );
});

test('jku, x5u, jwk and x5c in a header bring no key along, and nobody is called', async () => {
  const jwk = jwkOf(attacker.publicKey, { kid: 'k1' });
  for (const extra of [
    { jku: 'http://127.0.0.1:1/jwks' },
    { x5u: 'http://127.0.0.1:1/cert' },
    { jwk },
    { x5c: [attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
    { crit: ['jwk'], jwk },
  ]) {
    assert.equal(await ask(rs256({ ...HEADER, ...extra }, CLAIMS, attacker.privateKey)), 'Jwt verification fails');
  }
});

test('repeated names, of which two readers might take two values, are refused', async () => {
  for (const payload of [
    '{"iss":"i","sub":"alice","sub":"root"}',
    '{"iss":"evil","iss":"i"}',
    '{"iss":"i","exp":1,"exp":4102444800}',
    '{"iss":"i","a":{"b":1,"b":2}}',
    '{"iss":"i","s\\u0075b":"alice","sub":"root"}',
  ]) {
    assert.equal(await ask(rs256(HEADER, payload)), 'Jwt payload is an invalid JSON', payload);
  }
  assert.equal(await ask(rs256('{"alg":"none","alg":"RS256","kid":"k1"}', CLAIMS)), 'Jwt header is an invalid JSON');
  assert.equal(await ask(rs256(HEADER, '{"iss":"i","a":":{\\"","b":{"a":[{"a":1},{"a":2}]}}')), 'passes');
});

test('payloads that are not what they seem', async () => {
  for (const [payload, text] of [
    ['{"iss":"i","exp":1e400}', 'Jwt payload is an invalid JSON'],
    ['{"iss":"i","exp":1e20}', 'Jwt payload [exp] field is not a positive 64 bit integer'],
    ['{"iss":"i","exp":-1}', 'Jwt payload [exp] field is not a positive 64 bit integer'],
    ['{"iss":"i","exp":"4102444800"}', 'Jwt payload [exp] field is not an integer'],
    ['{"iss":"i","exp":null}', 'Jwt payload [exp] field is not an integer'],
    ['{"iss":["i"]}', 'Jwt payload [iss] field is not a string'],
    ['[{"iss":"i"}]', 'Jwt payload is an invalid JSON'],
    [`{"iss":"i","a":${'['.repeat(150)}${']'.repeat(150)}}`, 'Jwt payload is an invalid JSON'],
    [`{"iss":"i","a":${'['.repeat(50)}${']'.repeat(50)}}`, 'passes'],
    ['\ufeff{"iss":"i"}', 'Jwt payload is an invalid JSON'],
    ['{"iss":"i","__proto__":{"sub":"root"}}', 'passes'],
  ] as const) {
    assert.equal(await ask(rs256(HEADER, payload)), text, payload);
  }
});

test('a signature of another token, cut, empty or in another alphabet', async () => {
  const [header = '', payload = '', signature = ''] = rs256(HEADER, CLAIMS).split('.');
  const root = base64url('{"iss":"i","sub":"root"}');
  for (const token of [
    `${header}.${root}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -4)}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${payload}.${signature}.${signature}`,
    `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    `${header}.${payload}.${'A'.repeat(signature.length)}`,
  ]) {
    assert.notEqual(await ask(token), 'passes', token.slice(-20));
  }
});

test('an RSA key with a trivial exponent and keys off the curve are not read', async () => {
  const e1 = providerOf([{ ...jwkOf(rsa.publicKey, {}), e: 'AQ' }], { issuer: 'i' });
  assert.equal(await ask(rs256(HEADER, CLAIMS), e1), 'Jwt verification fails');
  const off = providerOf([jwkOf(ec.publicKey, { y: 'AAAA' })], { issuer: 'i' });
  const signed = `${base64url('{"alg":"ES256"}')}.${base64url('{"iss":"i"}')}`;
  assert.equal(await ask(`${signed}.${Buffer.alloc(64).toString('base64url')}`, off), 'Jwt verification fails');
});

test('an ECDSA signature of zeros or of the wrong length', async () => {
  const provider = providerOf([jwkOf(ec.publicKey, {})], { issuer: 'i' });
  const signed = `${base64url('{"alg":"ES256"}')}.${base64url('{"iss":"i"}')}`;
  for (const signature of [Buffer.alloc(64), Buffer.alloc(63), Buffer.alloc(0), Buffer.alloc(72, 48)]) {
    assert.notEqual(await ask(`${signed}.${signature.toString('base64url')}`, provider), 'passes');
  }
});
