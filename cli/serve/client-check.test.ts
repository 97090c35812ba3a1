import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import { generate } from 'selfsigned';
import { clientCheck } from './client-check.ts';

let certificate: X509Certificate;
before(async () => {
  const altNames = [
    { type: 6 as const, value: 'spiffe://cluster.local/ns/default/sa/ui' },
    { type: 2 as const, value: 'ui.example.com' },
    { type: 2 as const, value: 'one, URI:spiffe://forged, DNS:two' },
  ];
  const extensions = [{ name: 'subjectAltName' as const, altNames }];
  const made = await generate([{ name: 'commonName', value: 'ui' }], { keyType: 'ec', extensions });
  certificate = new X509Certificate(made.cert);
});
const takes = (check: Parameters<typeof clientCheck>[0]) => clientCheck(check)(certificate);

test('any of the alternative names, exactly', () => {
  assert.ok(takes({ subjectAltNames: ['other', 'ui.example.com'] }));
  assert.ok(takes({ subjectAltNames: ['spiffe://cluster.local/ns/default/sa/ui'] }));
  assert.ok(!takes({ subjectAltNames: ['example.com', 'spiffe://cluster.local/ns/default/sa/u'] }));
});

test('a name with commas in it is one name', () => {
  assert.ok(!takes({ subjectAltNames: ['spiffe://forged', 'two', 'one'] }));
  assert.ok(takes({ subjectAltNames: ['one, URI:spiffe://forged, DNS:two'] }));
});

test('the hash of the certificate, however it is written, or that of its key', () => {
  const hash = certificate.fingerprint256;
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const spki = createHash('sha256').update(key).digest('base64');
  for (const check of [{ hashes: [hash] }, { hashes: [hash.replaceAll(':', '').toLowerCase()] }, { spkis: [spki] }])
    assert.ok(takes(check), JSON.stringify(check));
  assert.ok(takes({ hashes: ['00'], spkis: [spki] }));
  assert.ok(!takes({ hashes: ['00'], spkis: ['AAAA'] }));
});

test('a hash does not make up for a name', () => {
  assert.ok(!takes({ hashes: [certificate.fingerprint256], subjectAltNames: ['other'] }));
});
