import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rbac } from '../../gateway/snapshot.ts';
import { loadResources } from '../resources/load.ts';
import { compile } from './compile.ts';
import { INGRESS_GATEWAY } from './processor.ts';

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: ui, namespace: default}
spec:
  selector: {app: ui}
  ports: [{name: http, port: 80}]
`;
const EARLY = 'annotations: {bowsprit.dev/early-enforcement: "true"}';
const policy = (name: string, spec: string, annotations = EARLY) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: default, ${annotations}}
spec: ${spec}
`;

function compiled(documents: string[], mesh: Record<string, unknown> = {}) {
  const text = [SERVICE, ...documents].join('\n---\n');
  const { resources } = loadResources([{ file: 'in.yaml', text }], { namespace: 'default' });
  const { snapshot, findings } = compile({ resources, mesh, identity: INGRESS_GATEWAY });
  const early = snapshot.clusters['outbound|80||ui.default.svc.cluster.local']?.early ?? [];
  return { early, rbac: early.map(({ config }) => config as Rbac), names: findings.map(({ name }) => name) };
}
const allowGet = (annotations = EARLY) =>
  policy('a', '{selector: {matchLabels: {app: ui}}, rules: [{to: [{operation: {methods: [GET]}}]}]}', annotations);

test('nothing is asked early without the annotation, and everything with the setting for all', () => {
  assert.deepEqual(compiled([allowGet('labels: {}')]).early, []);
  const { rbac, names } = compiled([allowGet('labels: {}')], {
    defaultConfig: { proxyMetadata: { BOWSPRIT_EARLY_ENFORCEMENT: 'true' } },
  });
  assert.deepEqual([rbac[0]?.action, rbac[0]?.policies.length], ['ALLOW', 1]);
  assert.ok(names.includes('EnforcedEarly'));
});

test('an ALLOW that nobody marked still saves requests from one that is marked', () => {
  const other = policy(
    'b',
    '{selector: {matchLabels: {app: ui}}, rules: [{to: [{operation: {paths: ["/x"]}}]}]}',
    'labels: {}',
  );
  assert.equal(compiled([allowGet(), other]).rbac[0]?.policies.length, 2);
});

test('what only the sidecar knows never makes the edge refuse more', () => {
  const deny = policy(
    'd',
    '{action: DENY, selector: {matchLabels: {app: ui}}, rules: [{from: [{source: {principals: [x]}}], to: [{operation: {paths: ["/a"]}}]}]}',
  );
  const { early, names } = compiled([deny]);
  assert.deepEqual(early, []);
  assert.ok(names.includes('LeftToSidecar'));
  const allow = policy(
    'a',
    '{selector: {matchLabels: {app: ui}}, rules: [{from: [{source: {principals: [x]}}], to: [{operation: {paths: ["/a"]}}]}]}',
  );
  const { rbac } = compiled([allow]);
  assert.deepEqual([rbac[0]?.policies[0]?.permissions.length, rbac[0]?.policies[0]?.principals.length], [1, 0]);
});

test('a policy that may hold for some pods only is left to their sidecars', () => {
  const deny = policy('d', '{action: DENY, selector: {matchLabels: {app: ui, version: v2}}, rules: [{}]}');
  const { early, names } = compiled([deny]);
  assert.deepEqual(early, []);
  assert.ok(names.includes('LeftToSidecar'));
});

test('policies of other namespaces and workloads do not count', () => {
  const elsewhere = policy('d', '{action: DENY, rules: [{}]}').replace('namespace: default', 'namespace: other');
  const redis = policy('r', '{action: DENY, selector: {matchLabels: {app: redis}}, rules: [{}]}');
  assert.deepEqual(compiled([elsewhere, redis]).early, []);
});
