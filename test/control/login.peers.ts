/** An unmodified kubectl with ID tokens of a real issuer over HTTP, and Cloudflare Access's header, against `serve --control --access`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectionFrom } from '../../cli/control/client.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { requireKubectl, type Served, startServed } from './served.ts';

const folder = mkdtempSync(join(tmpdir(), 'bowsprit-access-'));
/** Longer than keys are kept against unknown ones. */
const COOLDOWN_MS = 5500;
let issuer: Issuer;
let served: Served;

before(async () => {
  requireKubectl();
  issuer = await startIssuer('ES256');
  const own = `http://127.0.0.1:${issuer.port}`;
  const access = {
    oidc: [{ issuer: own, audience: 'bowsprit', usernameClaim: 'email' }],
    cloudflareAccess: { teamDomain: own, audience: 'access-tag' },
    grants: [
      { group: 'platform', role: 'admin', namespace: '*' },
      { user: 'oidc:ada@example.com', role: 'editor', namespace: 'default' },
      { user: 'access:bob@example.com', role: 'viewer', namespace: '*' },
    ],
  };
  writeFileSync(join(folder, 'access.yaml'), JSON.stringify(access));
  served = await startServed([], undefined, ['--access', join(folder, 'access.yaml')]);
});
after(async () => {
  await served?.stop();
  issuer?.stop();
  rmSync(folder, { recursive: true });
});

const ada = { email: 'ada@example.com', email_verified: true };
const token = (claims: Record<string, unknown> = ada) =>
  issuer.token({ iss: `http://127.0.0.1:${issuer.port}`, aud: 'bowsprit', sub: '1', ...claims });

/** Not awaited by blocking: the issuer lives in this process. */
async function kubectl(made: Promise<string>, ...words: string[]): Promise<{ code: number; text: string }> {
  const env = { ...process.env, KUBECONFIG: served.kubeconfig, HOME: folder };
  const args = [...words, '--token', await made];
  return new Promise((resolve) => {
    execFile('kubectl', args, { env, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, text: stdout + stderr }),
    );
  });
}

test('an ID token gives its user what is granted, and no more', async () => {
  const who = await kubectl(token(), 'auth', 'whoami');
  assert.match(who.text, /oidc:ada@example\.com/);
  const made = await kubectl(token(), 'create', 'configmap', 'mine', '--from-literal=a=1');
  assert.equal(made.code, 0, made.text);
  const elsewhere = await kubectl(token(), 'create', 'configmap', 'mine', '-n', 'istio-system');
  assert.match(elsewhere.text, /User "oidc:ada@example\.com" cannot create resource "configmaps"/);
  assert.match((await kubectl(token(), 'auth', 'can-i', 'delete', 'vs')).text, /^yes/);
  assert.match((await kubectl(token(), 'auth', 'can-i', 'delete', 'vs', '-n', 'istio-system')).text, /^no/);
  const grouped = token({ email: 'eve@example.com', email_verified: true, groups: ['platform'] });
  assert.equal((await kubectl(grouped, 'create', 'namespace', 'shop')).code, 0);
});

test('a token of another audience or issuer, expired, without a verified address or unsigned is refused', async () => {
  const past = Math.floor(Date.now() / 1000) - 3600;
  const [header, body] = (await token()).split('.');
  const bad = [
    token({ ...ada, aud: 'another' }),
    token({ ...ada, iss: 'http://127.0.0.1:1' }),
    token({ ...ada, exp: past }),
    token({ email: ada.email }),
    Promise.resolve(`${header}.${body}.`),
  ];
  for (const one of bad) {
    const ran = await kubectl(one, 'get', 'configmaps');
    assert.equal(ran.code, 1);
    assert.match(ran.text, /Unauthorized|must be logged in/i);
  }
});

test('after a rotation the new key lets in, and the old one no longer', async () => {
  const old = await token();
  assert.equal((await kubectl(Promise.resolve(old), 'get', 'configmaps')).code, 0);
  await issuer.rotate();
  await new Promise((resolve) => setTimeout(resolve, COOLDOWN_MS));
  const fresh = await kubectl(token(), 'get', 'configmaps');
  assert.equal(fresh.code, 0, fresh.text);
  assert.equal((await kubectl(Promise.resolve(old), 'get', 'configmaps')).code, 1);
});

test('Cloudflare Access lets its user in, and nobody with a token for something else', async () => {
  const assertion = (aud: string) => token({ aud: [aud], email: 'bob@example.com' });
  assert.equal(await withAccess(await assertion('access-tag'), 'GET'), 200);
  assert.equal(await withAccess(await assertion('access-tag'), 'POST'), 403);
  assert.equal(await withAccess(await assertion('bowsprit'), 'GET'), 401);
});

test('no token is in the log', async () => {
  assert.ok(!served.log().includes('eyJ'));
});

function withAccess(assertion: string, method: string): Promise<number> {
  const { server, ca } = connectionFrom(served.kubeconfig);
  const headers = { 'cf-access-jwt-assertion': assertion, 'content-type': 'application/json' };
  const options = { method, headers, ca: ca ?? '', agent: false as const, timeout: 10_000 };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server}/api/v1/namespaces/default/configmaps`, options, (answer) => {
      answer.on('close', () => resolve(answer.statusCode ?? 0)).resume();
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject).end(method === 'POST' ? '{"metadata":{"name":"x"}}' : undefined);
  });
}
