/** An issuer inside the cluster: its name means nothing outside, so that its keys are asked for where its Service is. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { compiled, service } from '../support/compiled.ts';
import { startEcho } from '../support/echo.ts';
import { startEdge } from '../support/edge.ts';
import { startIssuer } from '../support/issuer.ts';
import { get } from '../support/raw-http.ts';
import { ALL_TO_UI, GATEWAY } from '../support/resources.ts';

const echo = await startEcho();
const issuer = await startIssuer('EdDSA');
after(() => {
  issuer.stop();
  echo.stop();
});

const config = (jwksUri: string) => `${GATEWAY}${ALL_TO_UI}apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: ra, namespace: istio-system}
spec: {jwtRules: [{issuer: i, jwksUri: "${jwksUri}"}]}
---
${service('ui', echo.port)}---
${service('keycloak', issuer.port)}`;

test('the keys are fetched from the Service that the URL names', async () => {
  const { snapshot, findings } = compiled({ text: config('http://keycloak.default/keys') });
  assert.ok(!findings.some(({ name }) => name === 'KeysOutOfReach'));
  const edge = await startEdge(snapshot);
  after(() => edge.stop());
  const token = await issuer.token({ iss: 'i', sub: 'alice' });
  assert.equal((await get(edge.port(80), 'a', '/', [`authorization: Bearer ${token}`]))?.status, 200);
  assert.equal((await get(edge.port(80), 'a', '/', [`authorization: Bearer ${token}x`]))?.status, 401);
  assert.equal(issuer.asked, 1);
});

test('a name of the cluster that leads nowhere is said before anything is deployed', () => {
  const said = (uri: string) =>
    compiled({ text: config(uri) })
      .findings.filter(({ name }) => name === 'KeysOutOfReach')
      .map(({ field }) => field);
  for (const uri of [
    'http://nobody.default.svc.cluster.local/keys',
    'http://keycloak:8080/keys',
    'https://a.b.svc/keys',
  ]) {
    assert.deepEqual(said(uri), ['spec.jwtRules[0].jwksUri'], uri);
  }
  for (const uri of ['https://issuer.example.com/keys', 'http://localhost:8080/keys', 'http://[::1]/keys']) {
    assert.deepEqual(said(uri), [], uri);
  }
});
