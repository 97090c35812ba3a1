import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GATEWAY } from '../../test/support/resources.ts';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { analyse } from './analyse.ts';

const TO_UI = `${GATEWAY}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ui}
spec: {hosts: ["*"], gateways: [gw], http: [{route: [{destination: {host: ui, subset: v1, port: {number: 80}}}]}]}
---
`;
const entry = (spec = '') => `
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec: {address: entry.example.com${spec}}
---
`;
const policy = (spec: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ui}
spec: {selector: {matchLabels: {app: ui}}, ${spec}}
---
`;
const rule = (exportTo: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ui}
spec: {host: ui, subsets: [{name: v1, labels: {version: v1}}], exportTo: [${exportTo}]}
---
`;

/** The findings that are about the way into the mesh. */
function codes(...texts: string[]): (string | undefined)[][] {
  const { resources } = loadResources([{ file: 'in.yaml', text: TO_UI + texts.join('') }], { namespace: 'default' });
  const input = { resources, mesh: {}, identity: INGRESS_GATEWAY };
  const findings = analyse({ input, compiled: compile(input) }).filter(({ code }) => code.startsWith('BSP092'));
  return findings.map(({ code, field }) => [code, field]);
}

test('a tunnel needs an assertion, and its keys must be public ones', () => {
  const keys = (jwks: string) => entry(`, transport: TUNNEL, assertion: {jwks: '${jwks}'}`);
  assert.deepEqual(codes(entry()), []);
  assert.deepEqual(codes(entry(', transport: TUNNEL')), [['BSP0922', 'spec.transport']]);
  assert.deepEqual(codes(keys('{"keys": [{"kty": "EC"}]}')), []);
  for (const bad of ['no JSON', '{}', '{"keys": []}', '{"keys": [{"kty": "EC", "d": "secret"}]}'])
    assert.deepEqual(codes(keys(bad)), [['BSP0923', 'spec.assertion.jwks']], bad);
});

test('a workload’s policy that lets in only the ingress gateway would refuse the entry', () => {
  const own = 'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account';
  const other = 'cluster.local/ns/bowsprit-system/sa/bowsprit-entry';
  const from = (source: string, action = 'ALLOW') =>
    codes(entry(), policy(`action: ${action}, rules: [{from: [{source: {${source}}}]}]`));
  const place = 'spec.rules[0].from[0].source';
  assert.deepEqual(from(`principals: [${own}]`), [['BSP0924', `${place}.principals`]]);
  assert.deepEqual(from('namespaces: [istio-system]'), [['BSP0924', `${place}.namespaces`]]);
  assert.deepEqual(from(`notPrincipals: [${own}]`, 'DENY'), [['BSP0924', `${place}.notPrincipals`]]);
  assert.deepEqual(from(`principals: [${own}]`, 'DENY'), []);
  assert.deepEqual(from(`principals: [${own}, ${other}]`), []);
  assert.deepEqual(codes(policy(`rules: [{from: [{source: {principals: [${own}]}}]}]`)), []);
});

test('a DestinationRule that the entry does not see hides the subsets that routes name', () => {
  assert.deepEqual(codes(entry(), rule('"*"')), []);
  assert.deepEqual(codes(entry(), rule('".", bowsprit-system')), []);
  assert.deepEqual(codes(entry(), rule('"."')), [['BSP0925', 'spec.exportTo']]);
  assert.deepEqual(codes(entry(), rule('"."').replace('name: v1, labels', 'name: v9, labels')), []);
});
