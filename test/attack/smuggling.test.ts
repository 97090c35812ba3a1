/** Headers that only the gateway may set, through a real workerd: forged by clients, or smuggled in by claims. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { compiled, service } from '../support/compiled.ts';
import { startEcho } from '../support/echo.ts';
import { startEdge } from '../support/edge.ts';
import { startIssuer } from '../support/issuer.ts';
import { sendRaw } from '../support/raw-http.ts';
import { ALL_TO_UI, GATEWAY } from '../support/resources.ts';

const echo = await startEcho();
const issuer = await startIssuer('ES256');
const { snapshot } = compiled({
  text: `${GATEWAY}${ALL_TO_UI}apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: ra, namespace: istio-system}
spec:
  jwtRules:
  - issuer: i
    jwksUri: https://issuer.example.com/keys
    outputPayloadToHeader: X-Payload
    outputClaimToHeaders: [{header: X-Sub, claim: sub}, {header: X-Role, claim: role}]
---
${service('ui', echo.port)}`,
});
const edge = await startEdge(snapshot, { internet: issuer.port });
after(async () => {
  await edge.stop();
  issuer.stop();
  echo.stop();
});

async function ask(headers: string[], method = 'GET') {
  const answer = await sendRaw(edge.port(80), [`${method} / HTTP/1.1`, 'host: a', ...headers]);
  const seen = answer?.status === 200 ? (JSON.parse(answer.body).headers as Record<string, string>) : {};
  return { status: answer?.status, seen };
}

const FORGED = ['x-sub: root', 'X-SUB: root', 'X-Role: admin', 'x-payload: e30'];

test('forged output headers never reach the upstream', async () => {
  const token = await issuer.token({ iss: 'i', sub: 'alice' });
  const without = await ask(FORGED);
  assert.deepEqual([without.status, without.seen['x-sub'], without.seen['x-role']], [200, undefined, undefined]);
  for (const _ of ['verified', 'cached']) {
    const { seen } = await ask([...FORGED, `authorization: Bearer ${token}`]);
    assert.deepEqual([seen['x-sub'], seen['x-role'], seen['x-payload']], ['alice', undefined, token.split('.')[1]]);
  }
  const preflight = ['origin: https://a', 'access-control-request-method: GET'];
  assert.equal((await ask([...FORGED, ...preflight], 'OPTIONS')).seen['x-sub'], undefined);
});

test('a claim cannot smuggle a header line', async () => {
  for (const sub of ['a\r\nx-role: admin', 'a\nx-role: admin', 'a\rb', 'a\u0000b']) {
    const { status, seen } = await ask([`authorization: Bearer ${await issuer.token({ iss: 'i', sub })}`]);
    assert.deepEqual([status, seen['x-sub'], seen['x-role']], [200, undefined, undefined], JSON.stringify(sub));
  }
});

test('a claim beyond ASCII reaches the upstream as UTF-8, and breaks nothing', async () => {
  for (const sub of ['zoë', '日本', '😀']) {
    const { status, seen } = await ask([`authorization: Bearer ${await issuer.token({ iss: 'i', sub })}`]);
    assert.equal(status, 200);
    assert.equal(Buffer.from(seen['x-sub'] ?? '', 'latin1').toString('utf8'), sub);
  }
});

test('a huge token is refused, and the gateway goes on', async () => {
  for (const length of [30_000, 50_000, 200_000]) {
    const { status } = await ask([`authorization: Bearer ${'a'.repeat(length)}`]);
    assert.notEqual(status, 200, `${length}`);
  }
  assert.equal((await ask([])).status, 200);
});
