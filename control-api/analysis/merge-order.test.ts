/** The order that users are shown is the order that the gateway tries, with the file and line of each route. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { mergeOrder } from './merge-order.ts';

const CONFIG = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ['*']
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b, creationTimestamp: '2026-01-01T00:00:02Z'}
spec:
  hosts: [app.example.com]
  gateways: [gw]
  http:
  - match: [{uri: {prefix: /b}, headers: {x-a: {exact: '1'}}}]
    redirect: {uri: /z}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, creationTimestamp: '2026-01-01T00:00:01Z'}
spec:
  hosts: [app.example.com]
  gateways: [gw]
  http:
  - name: rest
    route: [{destination: {host: reviews, port: {number: 80}}}]
`;

test('routes of two VirtualServices with their places', () => {
  const { resources } = loadResources([{ file: 'c.yaml', text: CONFIG }], { namespace: 'default' });
  const { snapshot } = compile({ resources, mesh: {}, identity: INGRESS_GATEWAY });
  assert.deepEqual(mergeOrder(snapshot, resources), [
    {
      routeTable: 'http.80',
      domains: ['app.example.com'],
      requireTls: false,
      routes: [
        {
          resource: 'VirtualService default/b',
          path: 'http[0].match[0]',
          at: 'c.yaml:17:13',
          match: 'prefix "/b" and header x-a exact "1"',
          action: 'redirect 301',
        },
        {
          resource: 'VirtualService default/a',
          path: 'http[0]',
          at: 'c.yaml:27:5',
          name: 'rest',
          match: 'everything',
          action: 'to outbound|80||reviews.default.svc.cluster.local',
        },
      ],
    },
  ]);
});
