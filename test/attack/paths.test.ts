/** Path tricks against DENY rules, on a real workerd with raw requests. Every answer is Istio's, captured. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { compiled, service } from '../support/compiled.ts';
import { startEcho } from '../support/echo.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { get } from '../support/raw-http.ts';
import { GATEWAY } from '../support/resources.ts';

const echo = await startEcho();
const edges: Edge[] = [];
after(async () => {
  for (const edge of edges) await edge.stop();
  echo.stop();
});

const CONFIG = `${GATEWAY}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs, namespace: default}
spec:
  hosts: ["*"]
  gateways: [gw]
  http:
  - match: [{uri: {prefix: /pub}}]
    rewrite: {uri: /admin}
    route: [{destination: {host: ui}}]
  - route: [{destination: {host: ui}}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ap, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  action: DENY
  rules:
  - to: [{operation: {paths: ["/admin*"]}}]
  - to: [{operation: {hosts: [internal.example.com]}}]
---
`;

async function edgeWith(normalization: string) {
  const mesh = { pathNormalization: { normalization } };
  const { snapshot } = compiled({ text: CONFIG + service('ui', echo.port), mesh });
  const edge = await startEdge(snapshot);
  edges.push(edge);
  return (path: string, host = 'app.example.com') => get(edge.port(80), host, path);
}

const DENIED = 403;
const PASSES = 200;
const TABLE: Record<string, [path: string, status: number][]> = {
  BASE: [
    ['/admin', DENIED],
    ['/admin;x', DENIED],
    ['/admin%2f', DENIED],
    ['/x/../admin', DENIED],
    ['/./admin', DENIED],
    ['/.;/admin', DENIED],
    ['/x/..;/admin', DENIED],
    ['/%61dmin', DENIED],
    ['/x/%2e%2e/admin', DENIED],
    ['/x\\..\\admin', DENIED],
    ['/admin?x=/../pub', DENIED],
    ['/pub/../admin', DENIED],
    ['/ADMIN', PASSES],
    ['//admin', PASSES],
    ['/\\admin', PASSES],
    ['/x%2f..%2fadmin', PASSES],
    ['/%2561dmin', PASSES],
    ['/x?/admin', PASSES],
    ['/pub', PASSES],
  ],
  MERGE_SLASHES: [
    ['//admin', DENIED],
    ['/x/..//admin', DENIED],
    ['/\\admin', DENIED],
    ['/%2fadmin', PASSES],
  ],
  DECODE_AND_MERGE_SLASHES: [
    ['//admin', DENIED],
    ['/%2fadmin', DENIED],
    ['/x%2f..%2fadmin', DENIED],
    ['/x%5c..%5cadmin', DENIED],
    ['/x/..//admin', DENIED],
  ],
};
for (const [normalization, rows] of Object.entries(TABLE)) {
  test(`${normalization}: what passes by a DENY of /admin*`, async () => {
    const ask = await edgeWith(normalization);
    for (const [path, status] of rows) assert.equal((await ask(path))?.status, status, path);
  });
}

test('what was authorised is what is forwarded', async () => {
  const ask = await edgeWith('BASE');
  for (const path of ['/x/../y', '/%61/b', '/a/./b', '//z']) {
    const answer = await ask(path);
    const seen = JSON.parse(answer?.body ?? '{}').path as string;
    assert.ok(!/\/\.\.?\/|%61/.test(seen), `${path} was forwarded as ${seen}`);
  }
});

test('hosts: case does not help, a port does, as in Istio', async () => {
  const ask = await edgeWith('BASE');
  for (const [host, status] of [
    ['internal.example.com', DENIED],
    ['INTERNAL.example.com', DENIED],
    ['internal.example.com:80', PASSES],
    ['internal.example.com.', PASSES],
  ] as const) {
    assert.equal((await ask('/', host))?.status, status, host);
  }
});
