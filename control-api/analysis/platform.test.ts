/** What the runtime cannot send as Envoy would is said where it is written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { analyse } from './analyse.ts';

/** Without those that stand for every Gateway. */
const EVERYWHERE = ['BSP0901', 'BSP0902', 'BSP0907'];

function codes(rewrite: string, mesh: Record<string, unknown> = {}): string[] {
  const text = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs}
spec: {hosts: ['*'], gateways: [gw], http: [{rewrite: ${rewrite}, route: [{destination: {host: app}}]}]}
`;
  const { resources } = loadResources([{ file: 'c.yaml', text }], { namespace: 'default' });
  const input = { resources, mesh, identity: INGRESS_GATEWAY };
  const findings = analyse({ input, compiled: compile(input) });
  return findings.map(({ code }) => code).filter((code) => code.startsWith('BSP09') && !EVERYWHERE.includes(code));
}

test('a rewrite into dot segments', () => {
  assert.deepEqual(codes('{uri: /a/../b}'), ['BSP0905']);
  assert.deepEqual(codes('{uri: /.}'), ['BSP0905']);
  assert.deepEqual(codes('{uriRegexRewrite: {match: "^/(.*)$", rewrite: "/./\\\\1"}}'), ['BSP0905']);
  assert.deepEqual(codes('{uri: /.well-known/..a}'), []);
});

test('a rewrite without a leading slash', () => {
  assert.deepEqual(codes('{uri: a}'), ['BSP0906']);
  assert.deepEqual(codes('{authority: other}'), []);
});

test('paths that are not normalised', () => {
  assert.deepEqual(codes('{uri: /a}', { pathNormalization: { normalization: 'NONE' } }), ['BSP0903']);
});

test('a header value that the runtime cannot tell', () => {
  const headers = (value: string) => `{uri: /a}, headers: {request: {set: {x: '${value}'}}}`;
  assert.deepEqual(codes(headers('%DOWNSTREAM_TLS_VERSION% %UPSTREAM_LOCAL_PORT%')), ['BSP0908']);
  assert.deepEqual(codes(headers('%REQ(x)% %%DURATION%% %PROTOCOL%')), []);
});

test('what the mesh asks of connections', () => {
  const found = (defaultConfig: object) => codes('{uri: /b}', { defaultConfig });
  assert.deepEqual(found({ gatewayTopology: { proxyProtocol: {} } }), ['BSP0910']);
  assert.deepEqual(found({ proxyHeaders: { preserveHttp1HeaderCase: true } }), ['BSP0909']);
  assert.deepEqual(found({ gatewayTopology: { numTrustedProxies: 1 }, proxyHeaders: {} }), []);
});
