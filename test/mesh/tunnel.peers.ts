/**
 * Through a tunnel, where the entry sees the tunnel's certificate and not the edge's: only requests with the edge's signed word come
 * in, and the word is worth nothing when it is forged, old, meant for another entry, or shown by another workload.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { type Ask, get, persistentGet } from '../support/client.ts';
import { GATEWAY } from '../support/resources.ts';
import type { Seen } from './application.ts';
import { Stage } from './stage.ts';

const V1 = 'outbound|9080|v1|reviews.default.svc.cluster.local';

const config = (tunnel: number, jwks: string) => `${GATEWAY}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com]
  gateways: [gw]
  http:
  - route: [{destination: {host: reviews, subset: v2, port: {number: 9080}}}]
    mirror: {host: reviews, subset: v1, port: {number: 9080}}
---
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec:
  transport: TUNNEL
  address: 127.0.0.1
  port: ${tunnel}
  assertion: {jwks: '${jwks}'}
`;

let stage: Stage;
let key: JWK & { kid: string };
before(async () => {
  stage = await Stage.start({ config, tunnel: true });
  key = JSON.parse(readFileSync(join(stage.certificates, 'bowsprit-edge.jwk'), 'utf8'));
});
after(() => stage?.stop());

const now = () => Math.floor(Date.now() / 1000);

interface Word {
  issuer?: string;
  subject?: string;
  audience?: string;
  expires?: number;
  kid?: string;
  signer?: CryptoKey;
}

/** An assertion as the edge makes it, but for what is said otherwise. */
async function word({ issuer, subject, audience, expires, kid, signer }: Word = {}): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: kid ?? key.kid })
    .setIssuer(issuer ?? 'bowsprit-edge')
    .setSubject(subject ?? 'edge')
    .setAudience(audience ?? 'bowsprit-entry')
    .setIssuedAt(now())
    .setExpirationTime(expires ?? now() + 60)
    .sign(signer ?? (await importJWK(key, 'ES256')));
}

/** Into the tunnel, past the edge: as somebody who got that far. */
async function intoTunnel(assertion: string | undefined, more: Record<string, string> = {}) {
  const headers = {
    'x-bowsprit-destination': V1,
    ...(assertion !== undefined && { 'x-bowsprit-assertion': assertion }),
    ...more,
  };
  const { status, body } = await get(stage.ports.tunnel, '/', { headers });
  return [status, status === 200 ? '' : body];
}

test('what the edge sends reaches the workload, its mirror too, and the word itself does not', async () => {
  const answer = await get(stage.ports.edge, '/a?b=c', {
    headers: { 'x-bowsprit-assertion': 'mine', 'x-test': 'mirrored' },
  });
  assert.equal(answer.status, 200, answer.body);
  const { version, url, headers } = JSON.parse(answer.body) as Seen;
  assert.deepEqual([version, url, headers.host], ['v2', '/a?b=c', 'shop.example.com']);
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith('x-bowsprit')),
    [],
  );
  const deadline = Date.now() + 5000;
  while (stage.applications.v1.tries('mirrored') === 0 && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(stage.applications.v1.tries('mirrored'), 1);
});

test('in the tunnel, a good word opens and everything else stays out', async () => {
  const forger = (await generateKeyPair('ES256')).privateKey;
  const good = await word();
  const [header, , signature] = good.split('.');
  const later = { iss: 'bowsprit-edge', sub: 'edge', aud: 'bowsprit-entry', exp: now() + 86_400 };
  const tampered = `${header}.${Buffer.from(JSON.stringify(later)).toString('base64url')}.${signature}`;
  assert.deepEqual(await intoTunnel(good), [200, '']);
  assert.deepEqual(await intoTunnel(undefined), [403, 'RBAC: access denied']);
  assert.deepEqual(await intoTunnel(await word({ signer: forger })), [401, 'Jwt verification fails']);
  assert.deepEqual(await intoTunnel(tampered), [401, 'Jwt verification fails']);
  assert.deepEqual(await intoTunnel(await word({ expires: now() - 120 })), [401, 'Jwt is expired']);
  assert.deepEqual(await intoTunnel(await word({ issuer: 'somebody' })), [401, 'Jwt issuer is not configured']);
  assert.deepEqual(await intoTunnel(await word({ audience: 'another-entry' })), [
    403,
    'Audiences in Jwt are not allowed',
  ]);
  assert.deepEqual(await intoTunnel(await word({ subject: 'somebody' })), [403, 'RBAC: access denied']);
  assert.equal((await intoTunnel('abc'))[0], 401);
  assert.deepEqual(await intoTunnel(undefined, { authorization: `Bearer ${good}` }), [403, 'RBAC: access denied']);
});

test('a workload of the mesh that has stolen a word, and the edge’s own certificate, stay out', async () => {
  const headers = { 'x-bowsprit-destination': V1, 'x-bowsprit-assertion': await word() };
  const direct = (options: Ask) => get(stage.ports.entry, '/', { headers, ...options });
  assert.equal((await direct({ tls: stage.shown('sidecar') })).status, 403);
  assert.equal((await direct({ tls: stage.shown('tunnel') })).status, 200);
  await assert.rejects(direct({ tls: stage.shown('certs/bowsprit-edge') }));
});

test('a new key is taken while the edge runs; the entry refuses one that it has not been told', async () => {
  const file = join(stage.certificates, 'bowsprit-edge.jwk');
  const [old, other] = [readFileSync(file), join(stage.folder, 'other.jwk')];
  stage.bowsprit('mesh', '--new-key', other);
  writeFileSync(file, readFileSync(other));
  assert.equal(await untilStatus(401), 401);
  writeFileSync(file, old);
  assert.equal(await untilStatus(200), 200);
});

/** The edge's answer as soon as it is this one, else the last before ten seconds are over. */
async function untilStatus(wanted: number): Promise<number> {
  for (const end = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const { status } = await persistentGet(stage.ports.edge, '/');
    if (status === wanted || Date.now() > end) return status;
  }
}
