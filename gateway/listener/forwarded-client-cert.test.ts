import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { generate } from 'selfsigned';
import { forwardedClientCert } from './forwarded-client-cert.ts';

test('digest, certificate, subject and names stand in the header; only a verified certificate counts', async () => {
  const subject = [
    { name: 'organizationName', value: 'users' },
    { name: 'commonName', value: 'ada' },
  ];
  const altNames = [
    { type: 6 as const, value: 'spiffe://example.com/ada' },
    { type: 2 as const, value: 'ada.example.com' },
  ];
  const extensions = [{ name: 'subjectAltName' as const, altNames }];
  const { cert: pem } = await generate(subject, { keyType: 'ec', extensions });
  const sha256 = new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  const value = forwardedClientCert({ certPresented: '1', certVerified: 'SUCCESS', pem, sha256 }) ?? '';
  const [hash, cert, ...rest] = value.split(';');
  assert.equal(hash, `Hash=${sha256}`);
  assert.equal(decodeURIComponent(cert ?? ''), `Cert="${pem}"`);
  assert.deepEqual(rest, ['Subject="CN=ada,O=users"', 'URI=spiffe://example.com/ada', 'DNS=ada.example.com']);
  assert.equal(forwardedClientCert({ certPresented: '1', certVerified: 'NONE', pem, sha256 }), undefined);
  assert.equal(forwardedClientCert(undefined), undefined);
});

test('a certificate without a URI has an empty one', async () => {
  const { cert: pem } = await generate([{ name: 'commonName', value: 'bob' }], { keyType: 'ec', algorithm: 'sha256' });
  const sha256 = new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  const value = forwardedClientCert({ certPresented: '1', certVerified: 'SUCCESS', pem, sha256 }) ?? '';
  assert.ok(value.endsWith(';Subject="CN=bob";URI=;DNS=bob'), value);
});
