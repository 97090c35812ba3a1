import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeExchange } from '../authn/fixture.ts';
import { Histogram } from './histogram.ts';
import { labels, renderMetrics } from './prometheus.ts';
import { countRequest } from './request-metrics.ts';

test('requests are counted by destination, code and flags, under the names that Istio gives them', () => {
  const name = 'outbound|8080|v1|reviews.default.svc.cluster.local';
  const cluster = { host: 'reviews.default.svc.cluster.local', subset: 'v1' };
  const snapshot = {
    mesh: { nodeCluster: 'istio-ingressgateway.istio-system' },
    clusters: { [name]: cluster },
  } as never;
  const upstream = { cluster: name, endpoint: undefined, attempts: 1, failure: undefined };
  for (const status of [200, 200, 503]) countRequest(fakeExchange({ snapshot, upstream, status }));
  const lines = renderMetrics().split('\n');
  const total = lines.filter((line) => line.startsWith('istio_requests_total'));
  assert.equal(total.length, 2);
  assert.match(total[0]!, /destination_service="reviews\.default\.svc\.cluster\.local".*response_code="200".* 2$/);
  assert.match(total[0]!, /source_workload="istio-ingressgateway",source_workload_namespace="istio-system"/);
  assert.match(total[1]!, /response_code="503".* 1$/);
  const buckets = lines.filter(
    (line) => line.startsWith('istio_request_duration_milliseconds_bucket') && line.includes('+Inf'),
  );
  assert.deepEqual(
    buckets.map((line) => line.split(' ').at(-1)),
    ['2', '1'],
  );
});

test('a histogram counts a value in every bucket that reaches it', () => {
  const histogram = new Histogram();
  for (const value of [0.2, 5, 7, 4_000_000]) histogram.record(value);
  const lines = histogram.render('h', '{a="1"}').split('\n');
  assert.ok(lines.includes('h_bucket{a="1",le="0.5"} 1'));
  assert.ok(lines.includes('h_bucket{a="1",le="5"} 2'));
  assert.ok(lines.includes('h_bucket{a="1",le="3600000"} 3'));
  assert.ok(lines.includes('h_bucket{a="1",le="+Inf"} 4'));
  assert.ok(lines.includes('h_sum{a="1"} 4000012.2'));
});

test('label values are escaped', () => assert.equal(labels({ a: 'x"\\\n' }), '{a="x\\"\\\\\\n"}'));
