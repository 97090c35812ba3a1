import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GATEWAY } from '../../test/support/resources.ts';
import { configurationOf } from '../configuration.ts';
import { explain } from './explain.ts';
import { type Question, questionOf } from './question.ts';

const YAML = `${GATEWAY}apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: up }
spec:
  hosts: [up.example.com]
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 10.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs }
spec:
  hosts: [shop.example.com]
  gateways: [gw]
  http:
  - match: [{ uri: { prefix: /admin }, headers: { x-staff: { exact: "yes" } } }]
    directResponse: { status: 200 }
  - route: [{ destination: { host: up.example.com } }]
    rewrite: { uri: /v2 }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  action: DENY
  rules: [{ to: [{ operation: { paths: ["/secret"] } }] }]
`;
const configuration = configurationOf([{ file: 'shop.yaml', text: YAML }], {}, { namespace: 'default' });
const ask = (url: string, ...header: string[]) =>
  explain(questionOf('GET', url, { header, sourceIp: '10.9.9.9' }), configuration);

test('the route that is taken, and why the others are not', async () => {
  const { routes, path } = await ask('http://shop.example.com/x/../admin/a', 'x-staff: no');
  assert.equal(path, '/admin/a');
  const [[first, second] = []] = routes;
  assert.deepEqual([first?.matched, first?.because], [false, ['header x-staff does not hold']]);
  assert.match(first?.at ?? '', /^shop\.yaml:\d+:\d+$/);
  assert.deepEqual([second?.matched, second?.because], [true, []]);
});

test('a path that does not fit is said as the gateway sees it', async () => {
  const { routes } = await ask('http://shop.example.com/%61bc');
  assert.deepEqual(routes[0]?.[0]?.because, ['the path /abc is not prefix /admin', 'header x-staff does not hold']);
});

test('what would go upstream, and to which endpoint', async () => {
  const { upstream, answer } = await ask('http://shop.example.com/x?a=1');
  assert.equal(answer.status, 200);
  assert.equal(upstream.length, 1);
  const [{ endpoint, clusters, url, headers }] = upstream as [(typeof upstream)[number]];
  assert.deepEqual(
    [endpoint, clusters, url],
    ['10.0.0.1:80', ['outbound|80||up.example.com'], 'http://shop.example.com/v2x?a=1'],
  );
  assert.equal(Object.fromEntries(headers)['x-forwarded-for'], '10.9.9.9');
});

test('the phase that answers, with its words; nothing goes upstream', async () => {
  const { phases, upstream, answer } = await ask('http://shop.example.com/secret');
  const last = phases.at(-1);
  assert.deepEqual([last?.phase, last?.verdict, last?.reply?.body], ['rbac-deny', 'answered', 'RBAC: access denied']);
  assert.equal(answer.status, 403);
  assert.deepEqual(upstream, []);
});

test('an unknown host is a 404, a port without listener a refused connection', async () => {
  assert.equal((await ask('http://other.example.com/')).answer.status, 404);
  const none = await ask('http://shop.example.com:81/');
  assert.deepEqual([none.answer.status, none.listener], [0, undefined]);
});

for (const [why, run] of [
  ['a URL without scheme', (): Question => questionOf('GET', 'shop.example.com', { header: [], sourceIp: '' })],
  ['a header without colon', (): Question => questionOf('GET', 'http://a/', { header: ['x'], sourceIp: '' })],
] as const) {
  test(`${why} is a usage error`, () => assert.throws(run, { exitCode: 64 }));
}
