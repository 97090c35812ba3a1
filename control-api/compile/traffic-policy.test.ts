/** How the levels of a DestinationRule override each other, and Envoy's defaults where they say nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INGRESS_GATEWAY } from './processor.ts';
import type { TrafficPolicySpec } from './spec.ts';
import { clusterPolicy, mergePolicy } from './traffic-policy.ts';

const RANDOM = { loadBalancer: { simple: 'RANDOM' } } as const satisfies TrafficPolicySpec;
const ROBIN = { loadBalancer: { simple: 'ROUND_ROBIN' } } as const satisfies TrafficPolicySpec;
const POOL = { connectionPool: { tcp: { maxConnections: 1 } } };

const clusterOf = (policy: TrafficPolicySpec, mesh: Record<string, unknown> = {}) =>
  clusterPolicy(mergePolicy(undefined, policy, 80), mesh, INGRESS_GATEWAY);

test('a subset overrides field by field', () => {
  assert.deepEqual(mergePolicy({ ...RANDOM, ...POOL }, ROBIN, 80), { ...ROBIN, ...POOL });
  assert.deepEqual(mergePolicy(RANDOM, undefined, 80), RANDOM);
});

test("a port's settings replace all four, and what they leave out is default again", () => {
  const policy = { ...RANDOM, ...POOL, portLevelSettings: [{ port: { number: 80 }, ...ROBIN }] };
  assert.deepEqual(mergePolicy(undefined, policy, 80), ROBIN);
  assert.deepEqual(mergePolicy(undefined, policy, 81), { ...RANDOM, ...POOL });
});

test('nothing said: least request, 10 s to connect, no outlier detection', () => {
  assert.deepEqual(clusterOf({}), { loadBalancer: { policy: 'LEAST_REQUEST' }, connectTimeoutMs: 10_000 });
  assert.equal(clusterOf({}, { connectTimeout: '2s' }).connectTimeoutMs, 2000);
  const own = { connectionPool: { tcp: { connectTimeout: '30ms' } } };
  assert.equal(clusterOf(own, { connectTimeout: '2s' }).connectTimeoutMs, 30);
});

test('outlier detection: 5 errors unless said otherwise, 0 switches a detector off', () => {
  const outlier = (spec: TrafficPolicySpec['outlierDetection']) =>
    clusterOf({ outlierDetection: spec! }).outlierDetection;
  assert.equal(outlier({})?.consecutive5xx, 5);
  assert.equal(outlier({ consecutive5xxErrors: 0 })?.consecutive5xx, undefined);
  assert.equal(outlier({ consecutiveErrors: 1 })?.consecutive5xx, 5);
  assert.equal(outlier({ consecutiveGatewayErrors: 0 })?.consecutiveGatewayFailure, undefined);
  assert.equal(outlier({})?.consecutiveLocalOriginFailure, undefined);
  assert.equal(outlier({ splitExternalLocalOriginErrors: true })?.consecutiveLocalOriginFailure, 5);
});

test('a retry budget that says nothing is what Istio makes of it', () => {
  assert.deepEqual(clusterOf({ retryBudget: {} }).retryBudget, { percent: 0.2, minRetryConcurrency: 3 });
  const said = { percent: 50, minRetryConcurrency: 1 };
  assert.deepEqual(clusterOf({ retryBudget: said }).retryBudget, said);
});

test('failing over needs outlier detection, distributing does not', () => {
  const locality = (setting: object, outlier: boolean) =>
    clusterOf({
      loadBalancer: { localityLbSetting: setting },
      ...(outlier && { outlierDetection: {} }),
    }).loadBalancer.locality;
  const failover = { failover: [{ from: 'a', to: 'b' }] };
  assert.equal(locality(failover, false), undefined);
  assert.deepEqual(locality(failover, true), { from: '', ...failover });
  assert.equal(locality({ ...failover, enabled: false }, true), undefined);
  const distribute = { distribute: [{ from: 'a/*', to: { 'b/*': 100 } }] };
  assert.deepEqual(locality(distribute, false), { from: '', ...distribute });
});

test('the nearest go first by default, where the proxy knows its place and failures are noticed', () => {
  const at = (locality: string, mesh = {}) =>
    clusterPolicy({ outlierDetection: {} }, mesh, { ...INGRESS_GATEWAY, locality }).loadBalancer.locality;
  assert.deepEqual(at('r/z/s'), { from: 'r/z/s' });
  assert.equal(at(''), undefined);
  assert.equal(at('r/z/s', { localityLbSetting: { enabled: false } }), undefined);
});

test('DISABLE is no TLS', () => {
  assert.equal(clusterOf({ tls: { mode: 'DISABLE' } }).tls, undefined);
  assert.deepEqual(clusterOf({ tls: { mode: 'SIMPLE', sni: 'a' } }).tls, { mode: 'SIMPLE', sni: 'a' });
});
