import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import type { Cluster } from '../snapshot.ts';
import { foldAssertion } from './assertion.ts';

const behind = (audience: string) => ({ assertion: { audience, credentialName: 'edge' } }) as Cluster;
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const ENTRY_KEY = JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'first' });

async function signed(sign: ReturnType<typeof foldAssertion>, env: Record<string, unknown> = { ENTRY_KEY }) {
  const requestHeaders = new CopyOnWriteHeaders(new Headers(), true);
  const signing = sign?.({ requestHeaders, env });
  const waited = signing !== undefined;
  await signing;
  return { waited, text: requestHeaders.get('x-bowsprit-assertion') };
}

test('the assertion is a JWT of the edge for one audience, good for a minute', async () => {
  const { text } = await signed(foldAssertion(behind('entry-a')));
  const { payload, protectedHeader } = await jwtVerify(text!, publicKey, {
    audience: 'entry-a',
    issuer: 'bowsprit-edge',
  });
  assert.equal(payload.sub, 'edge');
  assert.equal(payload.exp! - payload.iat!, 60);
  assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'JWT', kid: 'first' });
});

test('one assertion serves every cluster of the audience until half of its life is over', async () => {
  let now = 1_700_000_000_000;
  const [one, other] = [foldAssertion(behind('entry-b'), () => now), foldAssertion(behind('entry-b'), () => now)];
  const first = await signed(one);
  assert.equal(first.waited, true);
  now += 29_999;
  assert.deepEqual(await signed(other), { waited: false, text: first.text });
  now += 1;
  const second = await signed(one);
  assert.equal(second.waited, true);
  assert.notEqual(second.text, first.text);
});

test('another key signs anew; without a key, or with a wrong one, the request goes unsigned', async () => {
  const sign = foldAssertion(behind('entry-c'));
  const first = await signed(sign);
  const rotated = await generateKeyPair('ES256', { extractable: true });
  const second = await signed(sign, { ENTRY_KEY: JSON.stringify(await exportJWK(rotated.privateKey)) });
  assert.notEqual(second.text, first.text);
  await assert.rejects(jwtVerify(second.text!, publicKey));
  for (const env of [{}, { ENTRY_KEY: '{}' }, { ENTRY_KEY: 'no JSON' }]) {
    assert.equal((await signed(sign, env)).text, null);
  }
});

test('a cluster that wants none gets none', () => {
  assert.equal(foldAssertion({} as Cluster), undefined);
});
