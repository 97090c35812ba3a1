/** From kubectl over the control Worker and Workers KV to the gateway Worker, both as they would be uploaded, under wrangler. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { requireKubectl } from '../control/served.ts';
import { type Published, startPublished } from './published.ts';

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: any}}]
---
`;
const route = (host: string, status: number) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host.split('.')[0]}}
spec: {hosts: [${host}], gateways: [gw], http: [{directResponse: {status: ${status}}}]}
`;
const ROLLOUT = `
apiVersion: bowsprit.dev/v1alpha1
kind: Rollout
metadata: {name: default, namespace: istio-system}
spec: {steps: [{percent: 50, seconds: 10}], maxErrorRate: 5, minRequests: 10}
`;

let edge: Published;
before(async () => {
  requireKubectl();
  edge = await startPublished(GATEWAY + route('floor.test', 299));
});
after(() => edge?.stop());

const apply = (text: string) => {
  const { code, text: said } = edge.kubectl(['apply', '-f', '-'], text);
  assert.equal(code, 0, said);
};

/** Isolates look every 5 s; KV on this machine is never stale. */
async function until(host: string, status: number, withinMs = 20_000): Promise<void> {
  let last = -1;
  for (const end = Date.now() + withinMs; Date.now() < end; ) {
    last = await edge.get(host);
    if (last === status) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${host} still answers ${last}, not ${status}: ${edge.log().slice(-2000)}`);
}

const programmed = (name: string, path: string) =>
  edge.kubectl(['get', 'vs', name, '-o', `jsonpath={.status.conditions[?(@.type=="Programmed")].${path}}`]).text;

/** Meanwhile there are users, whose answers are counted. */
async function says(name: string, reason: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (programmed(name, 'reason') === reason) return;
    await Promise.all(Array.from({ length: 10 }, () => edge.get(`${name}.test`)));
  }
  assert.fail(`${name} is ${programmed(name, 'reason')}: ${programmed(name, 'message')}`);
}

test('before anybody wrote, what was deployed is served; a new route is served out of KV', async () => {
  assert.equal(await edge.get('floor.test'), 299);
  apply(GATEWAY + route('web.test', 201));
  const waited = edge.kubectl(['wait', '--for=condition=Programmed', 'vs/web', '--timeout=20s']);
  assert.equal(waited.code, 0, waited.text);
  await until('web.test', 201);
  assert.equal(await edge.get('floor.test'), 404, 'what the API holds is served alone');
});

test('a changed and a deleted route follow', async () => {
  apply(route('web.test', 202));
  await until('web.test', 202);
  edge.kubectl(['delete', 'vs', 'web']);
  await until('web.test', 404);
});

test('a Secret is kept sealed, and comes back to nobody', () => {
  const made = edge.kubectl(['create', 'secret', 'generic', 'login', '--from-literal=password=canary-password']);
  assert.equal(made.code, 0, made.text);
  const { text } = edge.kubectl(['get', 'secret', 'login', '-o', 'yaml']);
  assert.ok(text.includes('password:') && !text.includes(btoa('canary-password')));
});

test('a rollout gives isolates a share, and takes back what answers with errors', async () => {
  apply(`${route('a.test', 201)}---${ROLLOUT}`);
  await says('a', 'Programmed');
  await until('a.test', 201);
  apply(route('a.test', 503));
  await until('a.test', 503);
  await says('a', 'RolledBack');
  assert.match(programmed('a', 'message'), /\d+ of \d+ answers were errors/);
  await until('a.test', 201);
  const after = await Promise.all(Array.from({ length: 40 }, () => edge.get('a.test')));
  assert.deepEqual([...new Set(after)], [201]);
});

test('a good one goes on to all requests', async () => {
  apply(route('a.test', 202));
  await says('a', 'Programmed');
  await until('a.test', 202);
});
