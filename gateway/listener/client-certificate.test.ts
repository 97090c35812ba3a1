import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { certificateName } from './client-certificate.ts';

function certificate(alternativeName: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const extension = alternativeName ? ['-addext', `subjectAltName=${alternativeName}`] : [];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync(
    'openssl',
    [...args, '-subj', '/O=users/CN=alice', '-keyout', join(folder, 'k'), '-out', join(folder, 'c'), ...extension],
    { stdio: 'ignore' },
  );
  const pem = readFileSync(join(folder, 'c'), 'utf8');
  rmSync(folder, { recursive: true });
  return pem;
}

test('a verified certificate names its URI, else its DNS name, else its subject', () => {
  const spiffe = 'spiffe://cluster.local/ns/default/sa/ui';
  for (const [alternative, name] of [
    [`DNS:a.example.com,URI:${spiffe}`, spiffe],
    ['DNS:a.example.com', 'a.example.com'],
    [undefined, 'CN=alice,O=users'],
  ] as const) {
    const pem = certificate(alternative);
    assert.equal(certificateName({ certPresented: '1', certVerified: 'SUCCESS', pem }), name);
    assert.equal(certificateName({ certPresented: '1', certVerified: 'NONE', pem }), undefined);
  }
  assert.equal(certificateName(undefined), undefined);
  assert.equal(certificateName({ certPresented: '1', certVerified: 'SUCCESS', pem: 'nonsense' }), '');
});
