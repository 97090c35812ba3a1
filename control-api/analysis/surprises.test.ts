/** Analysers beyond istioctl's: each says its sentence once where it should, and nothing where it should not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { analyse } from './analyse.ts';

function codes(text: string): string[] {
  const { resources } = loadResources([{ file: 'c.yaml', text }], { namespace: 'default' });
  const input = { resources, mesh: {}, identity: INGRESS_GATEWAY };
  // BSP06…, BSP09…: what the edge cannot do, tested on its own.
  return analyse({ input, compiled: compile(input) })
    .filter(({ code }) => !/^BSP0[69]/.test(code))
    .map(({ code, field = '' }) => `${code} ${field}`);
}

const gateway = (hosts: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ${hosts}}]}
---
`;
const virtualService = (spec: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs}
spec: {hosts: [a.example.com, b.example.com], gateways: [gw], http: [${spec}]}
---
`;
const outlier = (settings: string, endpoints: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: s}
spec: {hosts: [s.example.org], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: ${endpoints}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: s}
spec: {host: s.example.org, trafficPolicy: {outlierDetection: {${settings}}}}
`;

test('a host that no Gateway of the VirtualService has', () => {
  const text = gateway('[a.example.com]') + virtualService('{directResponse: {status: 200}}');
  assert.deepEqual(codes(text), ['BSP0107 spec.hosts[1]']);
  assert.deepEqual(codes(gateway("['*.example.com']") + virtualService('{directResponse: {status: 200}}')), []);
});

test('a Gateway that nobody uses, and one of another proxy', () => {
  assert.deepEqual(codes(gateway("['*']")), ['BSP0104 ']);
  assert.deepEqual(codes(gateway("['*']").replace('{servers', '{selector: {a: b}, servers')), [
    'BSP0108 spec.selector',
    'BSP0104 ',
  ]);
});

test('retries without conditions, and an unknown service of a cluster', () => {
  const route = (retries: string) =>
    gateway("['*']") + virtualService(`{retries: ${retries}, route: [{destination: {host: reviews}}]}`);
  assert.deepEqual(codes(route('{attempts: 3}')), [
    'BSP0106 spec.http[0].route[0].destination',
    'BSP0110 spec.http[0].retries',
  ]);
  assert.deepEqual(codes(route('{attempts: 3, retryOn: 5xx}')), ['BSP0106 spec.http[0].route[0].destination']);
});

test('outlier detection that can never eject', () => {
  const one = '[{address: 192.0.2.1}]';
  const field = 'BSP0111 spec.trafficPolicy.outlierDetection';
  assert.deepEqual(codes(outlier('consecutive5xxErrors: 1', one)), [field]);
  assert.deepEqual(codes(outlier('consecutive5xxErrors: 1, maxEjectionPercent: 99', one)), [field]);
  assert.deepEqual(codes(outlier('consecutive5xxErrors: 1, maxEjectionPercent: 100', one)), []);
  assert.deepEqual(codes(outlier('maxEjectionPercent: 50', '[{address: 192.0.2.1}, {address: 192.0.2.2}]')), []);
});

test('a route to nobody', () => {
  const entry = (resolution: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: s}
spec: {hosts: [s.example.org], resolution: ${resolution}, ports: [{number: 80, name: http, protocol: HTTP}]}
`;
  const route = gateway("['*']") + virtualService('{route: [{destination: {host: s.example.org}}]}');
  assert.deepEqual(codes(route + entry('STATIC')), ['BSP0113 spec.http[0].route']);
  assert.deepEqual(codes(route + entry('NONE')), ['BSP0113 spec.http[0].route']);
  assert.deepEqual(codes(route + entry('DNS')), []);
});

test('routes by claims need somebody who verifies tokens', () => {
  const text =
    gateway("['*']") +
    virtualService("{match: [{headers: {'@request.auth.claims.sub': {exact: a}}}], directResponse: {status: 200}}");
  const policy = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: ra, namespace: istio-system}
spec: {jwtRules: [{issuer: x, jwksUri: https://x.example.org}]}
`;
  assert.deepEqual(codes(text), ['IST0149 spec.http[0].match[0]']);
  assert.deepEqual(codes(text + policy), []);
});
