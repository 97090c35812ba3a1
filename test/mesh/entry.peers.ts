/**
 * Through the mesh entry over mutual TLS: every destination is reached as the client asked for it, the entry retries what the
 * routes say and nobody multiplies it, and nobody but the edge gets in.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Answered } from '../support/ask.ts';
import { type Ask, get, persistentGet } from '../support/client.ts';
import { GATEWAY } from '../support/resources.ts';
import { helloThrough } from '../support/web-socket.ts';
import type { Seen } from './application.ts';
import { Stage } from './stage.ts';

const users = await generateKeyPair('ES256', { extractable: true });
const usersJwks = JSON.stringify({ keys: [{ ...(await exportJWK(users.publicKey)), alg: 'ES256' }] });
const reviews = (subset: string) => `destination: {host: reviews, subset: ${subset}, port: {number: 9080}}`;

const config = (entry: number) => `${GATEWAY}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com, 127.0.0.1]
  gateways: [gw]
  http:
  - match: [{uri: {prefix: /v2}}]
    route: [{${reviews('v2')}}]
  - match: [{uri: {prefix: /set}}]
    headers: {request: {set: {x-bowsprit-destination: "outbound|9080|v2|reviews.default.svc.cluster.local"}}}
    route: [{${reviews('v1')}}]
  - match: [{uri: {prefix: /retried}}]
    timeout: 5s
    retries: {attempts: 2, retryOn: "5xx", backoff: 1ms}
    route: [{${reviews('v1')}}]
  - match: [{uri: {prefix: /tries-of-100ms}}]
    retries: {attempts: 1, retryOn: "5xx", perTryTimeout: 100ms}
    route: [{${reviews('v1')}}]
  - match: [{uri: {prefix: /once}}]
    retries: {attempts: 0}
    route: [{${reviews('v1')}}]
  - route: [{${reviews('v1')}}]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: users, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  jwtRules:
  - {issuer: kept, jwks: '${usersJwks}', forwardOriginalToken: true}
  - {issuer: taken, jwks: '${usersJwks}', outputPayloadToHeader: x-payload}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: asked, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  action: CUSTOM
  provider: {name: asked}
  rules: [{to: [{operation: {paths: [/asked*]}}]}]
---
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec: {address: 127.0.0.1, port: ${entry}, mtlsCertificateId: c-1}
`;

const meshConfig = `
defaultConfig: {gatewayTopology: {numTrustedProxies: 1}}
extensionProviders:
- name: asked
  envoyExtAuthzHttp:
    service: reviews.default.svc.cluster.local
    port: 9080
    pathPrefix: /checked
    includeRequestHeadersInCheck: [x-test, x-fail]
`;

let stage: Stage;
before(async () => {
  stage = await Stage.start({
    config,
    meshConfig,
  });
});
after(() => stage?.stop());

const ask = (path: string, options?: Ask): Promise<Answered> => get(stage.ports.edge, path, options);

/** What the workload saw. */
async function seen(path: string, options?: Ask): Promise<Seen> {
  const answer = await ask(path, options);
  assert.equal(answer.status, 200, answer.body);
  assert.equal(answer.headers['x-bowsprit-entry'], undefined);
  return JSON.parse(answer.body) as Seen;
}

for (const [path, version] of [
  ['/a%20b/%E2%82%AC;x=1?q=a%2Fb&q=c', 'v1'],
  ['/v2/a?b=c', 'v2'],
] as const) {
  test(`${path} reaches subset ${version} with authority, path, method and body as the client sent them`, async () => {
    const workload = await seen(path, { method: 'POST', body: 'a body', headers: { host: 'shop.example.com' } });
    assert.deepEqual(
      [workload.version, workload.method, workload.url, workload.headers.host, workload.body],
      [version, 'POST', path, 'shop.example.com', 'a body'],
    );
  });
}

test('scheme, client address and the chain of proxies are those that the edge trusts', async () => {
  const { headers } = await seen('/', {
    headers: { 'x-forwarded-for': '198.51.100.66, 203.0.113.9', 'x-forwarded-proto': 'https' },
  });
  assert.equal(headers['x-forwarded-for'], '198.51.100.66, 203.0.113.9,127.0.0.1');
  assert.equal(headers['x-envoy-external-address'], '203.0.113.9');
  assert.equal(headers['x-forwarded-proto'], 'https');
});

test('trace context and request id are the edge’s, and nothing of ours reaches the workload', async () => {
  const trace = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'a=1',
    b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1',
    'x-b3-traceid': '80f198ee56343ba864fe8b2a57d3eff7',
    'x-b3-spanid': 'e457b5a2e4d86bd1',
    'x-b3-sampled': '1',
  };
  const { headers } = await seen('/', {
    headers: { ...trace, 'x-bowsprit-request-id': 'mine', 'x-request-id': 'mine' },
  });
  for (const [name, value] of Object.entries(trace)) assert.equal(headers[name], value, name);
  assert.match(headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith('x-bowsprit')),
    [],
  );
});

test('the verified token goes along where forwardOriginalToken asks for it, and its claims where they are asked for', async () => {
  const token = (issuer: string) =>
    new SignJWT({ groups: ['a'] }).setProtectedHeader({ alg: 'ES256' }).setIssuer(issuer).sign(users.privateKey);
  const kept = `Bearer ${await token('kept')}`;
  assert.equal((await seen('/', { headers: { authorization: kept } })).headers.authorization, kept);
  const { headers } = await seen('/', { headers: { authorization: `Bearer ${await token('taken')}` } });
  assert.equal(headers.authorization, undefined);
  assert.match(Buffer.from(headers['x-payload'] ?? '', 'base64url').toString(), /"iss":"taken"/);
});

test('where the transport carries the entry’s name as Host, the authority is put back; no client can do that', async () => {
  const destination = 'outbound|9080|v1|reviews.default.svc.cluster.local';
  const headers = {
    host: 'entry.example.com',
    'x-bowsprit-destination': destination,
    'x-bowsprit-authority': 'shop.example.com',
  };
  const answer = await get(stage.ports.entry, '/', { headers, tls: stage.shown('certs/bowsprit-edge') });
  assert.equal((JSON.parse(answer.body) as Seen).headers.host, 'shop.example.com');
  const { headers: honest } = await seen('/', { headers: { 'x-bowsprit-authority': 'elsewhere.example.com' } });
  assert.equal(honest.host, 'shop.example.com');
});

test('a WebSocket passes through the entry, frames both ways', { timeout: 10_000 }, async () => {
  assert.equal(await helloThrough(`ws://127.0.0.1:${stage.ports.edge}/v2/socket`), 'hello');
});

test('an authoriser in the cluster is asked through the entry', async () => {
  const headers = (test: string, fail: number) => ({ headers: { 'x-test': test, 'x-fail': `${fail}` } });
  assert.equal((await ask('/asked', headers('allowed', 0))).status, 200);
  assert.equal(stage.applications.v1.tries('allowed'), 2);
  const refused = await ask('/asked', headers('refused', 1));
  assert.equal(refused.status, 403);
  assert.equal(refused.headers['x-bowsprit-entry'], undefined);
  assert.equal(stage.applications.v1.tries('refused'), 1);
});

test('neither a client nor a header operation chooses another destination', async () => {
  const spoofed = { 'x-bowsprit-destination': 'outbound|9080|v2|reviews.default.svc.cluster.local' };
  for (const path of ['/', '/set']) assert.equal((await seen(path, { headers: spoofed })).version, 'v1');
});

test('without the certificate, with another identity or without a destination nobody gets in', async () => {
  const headers = { 'x-bowsprit-destination': 'outbound|9080|v1|reviews.default.svc.cluster.local' };
  const status = async (options: Ask) => (await get(stage.ports.entry, '/', options)).status;
  const tls = stage.shown('certs/bowsprit-edge');
  await assert.rejects(status({ headers, tls: {} }));
  assert.equal(await status({ headers, tls: stage.shown('other') }), 403);
  assert.equal(await status({ tls }), 403);
  assert.equal(await status({ headers, tls }), 200);
  assert.equal(await status({ headers: { 'x-bowsprit-destination': 'outbound|1||nobody' }, tls }), 421);
});

/** The workload's tries of a request that the application answers with 503 `fail` times. */
async function tries(path: string, fail: number, headers: Record<string, string> = {}) {
  const name = `${path} ${fail} ${JSON.stringify(headers)}`;
  const { status, headers: answered } = await ask(path, {
    headers: { ...headers, 'x-test': name, 'x-fail': `${fail}` },
  });
  return { status, tries: stage.applications.v1.tries(name), attempts: answered['x-envoy-attempt-count'] };
}

test('what a route retries is retried by the entry, as often as it says and no more', async () => {
  assert.deepEqual(await tries('/retried', 2), { status: 200, tries: 3, attempts: undefined });
  assert.deepEqual(await tries('/retried', 9), { status: 503, tries: 3, attempts: undefined });
  assert.deepEqual(await tries('/once', 9), { status: 503, tries: 1, attempts: undefined });
  assert.deepEqual(await tries('/', 9), { status: 503, tries: 1, attempts: undefined });
});

test('a client’s own retry controls change nothing', async () => {
  const controls = { 'x-envoy-retry-on': '5xx', 'x-envoy-max-retries': '5', 'x-envoy-upstream-rq-timeout-ms': '1' };
  assert.equal((await tries('/once', 9, controls)).tries, 1);
  assert.equal((await tries('/retried', 9, controls)).tries, 3);
});

test('perTryTimeout is kept by the entry, each try by itself', async () => {
  const { status, tries: count } = await tries('/tries-of-100ms', 0, { 'x-delay': '400' });
  assert.deepEqual([status, count], [504, 2]);
});

test('a refused connection behind the entry is tried again by Istio’s default policy', async () => {
  const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await ask('/v2')).status));
  assert.deepEqual(new Set(statuses), new Set([200]));
});

test('a policy that the cluster does not know yet is carried out without retries', async () => {
  const headers = { 'x-bowsprit-destination': 'outbound|9080|v1|reviews.default.svc.cluster.local;p-later' };
  const options = {
    headers: { ...headers, 'x-test': 'later', 'x-fail': '9' },
    tls: stage.shown('certs/bowsprit-edge'),
  };
  assert.equal((await get(stage.ports.entry, '/', options)).status, 503);
  assert.equal(stage.applications.v1.tries('later'), 1);
});

test("the edge's certificate rotates under load without a lost request", { timeout: 60_000 }, async () => {
  let running = true;
  const statuses: number[] = [];
  const client = async () => {
    while (running) {
      // A process that ends may close a connection that it has just accepted and that has asked nothing yet.
      statuses.push((await persistentGet(stage.ports.edge, '/once')).status);
    }
  };
  const clients = [client(), client()];
  stage.rotateEdge();
  const rotated = Date.now() + 3000;
  while (Date.now() < rotated || statuses.length < 50) await new Promise((resolve) => setTimeout(resolve, 50));
  running = false;
  await Promise.all(clients);
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
});
