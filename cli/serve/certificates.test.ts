import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { certificateFor } from './certificates.ts';
import { Credentials } from './credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
after(() => rmSync(folder, { recursive: true }));

test('without files a self-signed certificate with an EC key is made once', async () => {
  const made = await certificateFor('shop-tls', new Credentials(folder));
  assert.equal(made.selfSigned, true);
  const certificate = new X509Certificate(made.certificate);
  assert.match(certificate.subject, /CN=shop-tls/);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(made.key)));
  assert.match(
    execFileSync('openssl', ['x509', '-noout', '-text'], { input: made.certificate, encoding: 'utf8' }),
    /ecdsa-with-SHA256/,
  );
  assert.equal(createPrivateKey(made.key).asymmetricKeyType, 'ec');
  assert.ok(new Date(certificate.validTo) > new Date());
  assert.equal((await certificateFor('shop-tls', new Credentials(folder))).certificate, made.certificate);
});

test("the user's own files are taken, with the CA of client certificates", async () => {
  writeFileSync(join(folder, 'own.crt'), 'certificate');
  writeFileSync(join(folder, 'own.key'), 'key');
  writeFileSync(join(folder, 'own.ca.crt'), 'ca');
  const found = await certificateFor('own', new Credentials(folder));
  assert.deepEqual(found, { certificate: 'certificate', key: 'key', clientCa: 'ca', selfSigned: false });
});

test('a credentialName does not lead out of the folder', async () => {
  writeFileSync(join(folder, 'own.crt'), 'certificate');
  const found = await certificateFor('../own', new Credentials(join(folder, 'sub')));
  assert.equal(found.selfSigned, true);
});
