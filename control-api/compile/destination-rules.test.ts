/** Which DestinationRule holds: namespaces in Istio's order, wildcards by length, what is not exported not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../resources/resource.ts';
import { DestinationRules } from './destination-rules.ts';
import { INGRESS_GATEWAY } from './processor.ts';
import type { DestinationRuleSpec } from './spec.ts';

const EDGE = { ...INGRESS_GATEWAY, namespace: 'edge', rootNamespace: 'root' };
const SERVICE = { host: 'a.shop.svc.cluster.local', namespace: 'shop' };

/** `namespace/name` with the rest of its spec; its only subset is named after it. */
function rule(key: string, spec: Partial<DestinationRuleSpec> = {}): Resource<DestinationRuleSpec> {
  const [namespace = '', name = ''] = key.split('/');
  return {
    apiVersion: 'networking.istio.io/v1',
    group: 'networking.istio.io',
    kind: 'DestinationRule',
    metadata: { name, namespace, labels: {}, annotations: {}, creationTimestamp: '' },
    spec: { host: SERVICE.host, subsets: [{ name: key }], ...spec },
    at: () => ({ file: '-', line: 1, column: 1 }),
  };
}

/** The subsets of the rule that holds for SERVICE, i.e. the names of the rules it was merged from. */
function found(rules: Resource<DestinationRuleSpec>[], identity = EDGE): string[] {
  return new DestinationRules(rules, identity).forService(SERVICE)?.subsets.map(({ name }) => name) ?? [];
}

test("the proxy's namespace, then the service's, then the root", () => {
  const [own, service, root] = [rule('edge/own'), rule('shop/service'), rule('root/root')];
  assert.deepEqual(found([root, service, own]), ['edge/own']);
  assert.deepEqual(found([root, service]), ['shop/service']);
  assert.deepEqual(found([root]), ['root/root']);
  assert.deepEqual(found([rule('elsewhere/x')]), []);
});

test('a proxy in the root namespace looks at the service first, unless a rule there is private', () => {
  const inRoot = { ...EDGE, namespace: 'root' };
  assert.deepEqual(found([rule('root/a'), rule('shop/b')], inRoot), ['shop/b']);
  assert.deepEqual(found([rule('root/a', { exportTo: ['.'] }), rule('shop/b')], inRoot), ['root/a']);
});

test('exportTo hides a rule from the proxy', () => {
  assert.deepEqual(found([rule('shop/a', { exportTo: ['.'] })]), []);
  assert.deepEqual(found([rule('shop/a', { exportTo: ['other'] })]), []);
  assert.deepEqual(found([rule('shop/a', { exportTo: ['edge'] })]), ['shop/a']);
  assert.deepEqual(found([rule('edge/a', { exportTo: ['other'] }), rule('root/b')]), ['root/b']);
});

test('the exact host goes before wildcards, the longer wildcard before the shorter', () => {
  const wide = rule('root/wide', { host: '*.svc.cluster.local' });
  const narrow = rule('root/narrow', { host: '*.shop.svc.cluster.local' });
  assert.deepEqual(found([wide, narrow]), ['root/narrow']);
  assert.deepEqual(found([wide, narrow, rule('root/exact')]), ['root/exact']);
  assert.deepEqual(found([rule('shop/short', { host: 'a' })]), ['shop/short']);
});

test('rules of one host and namespace are one; the older keeps its subsets and its policy', () => {
  const policy = (simple: 'RANDOM' | 'ROUND_ROBIN') => ({ trafficPolicy: { loadBalancer: { simple } } });
  const older = rule('shop/older', { subsets: [{ name: 'v1', labels: { of: 'older' } }] });
  const younger = rule('shop/younger', {
    subsets: [{ name: 'v1', labels: { of: 'younger' } }, { name: 'v2' }],
    ...policy('RANDOM'),
  });
  const youngest = rule('shop/youngest', { subsets: [], ...policy('ROUND_ROBIN') });
  const merged = new DestinationRules([older, younger, youngest], EDGE).forService(SERVICE);
  assert.deepEqual(merged?.subsets, [{ name: 'v1', labels: { of: 'older' } }, { name: 'v2' }]);
  assert.deepEqual(merged?.trafficPolicy, policy('RANDOM').trafficPolicy);
});

test('a workloadSelector holds for this proxy only where it is meant', () => {
  const selecting = (app: string) => ({ workloadSelector: { matchLabels: { app } } });
  assert.deepEqual(found([rule('edge/a', selecting('istio-ingressgateway'))]), ['edge/a']);
  assert.deepEqual(found([rule('edge/a', selecting('other'))]), []);
  assert.deepEqual(found([rule('shop/a', selecting('istio-ingressgateway'))]), []);
});
