import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratesBetween } from './rates.ts';

const labels = (service: string, code: number) =>
  `reporter="source",destination_version="unknown",destination_service="${service}",response_code="${code}"`;
const reading = (service: string, counts: Record<number, number>, buckets: Record<string, number>) =>
  [
    '# TYPE istio_requests_total counter',
    ...Object.entries(counts).map(([code, count]) => `istio_requests_total{${labels(service, Number(code))}} ${count}`),
    ...Object.entries(buckets).map(
      ([le, count]) => `istio_request_duration_milliseconds_bucket{${labels(service, 200)},le="${le}"} ${count}`,
    ),
    `istio_request_bytes_bucket{${labels(service, 200)},le="1"} 7`,
  ].join('\n');

test('rates are of what came in between', () => {
  const before = reading('a.b', { 200: 10 }, { 1: 5, 10: 10, '+Inf': 10 });
  const after = reading('a.b', { 200: 19, 404: 5, 503: 6 }, { 1: 5, 10: 29, '+Inf': 30 });
  assert.deepEqual(ratesBetween(before, after, 2), [
    { destination: 'a.b', rate: 10, clientErrors: 0.25, serverErrors: 0.3, p50: 10, p99: Number.POSITIVE_INFINITY },
  ]);
});

test('the busiest comes first, the idle one not at all, and an answer of the gateway has no destination', () => {
  const before = reading('idle', { 200: 3 }, {});
  const after = [before, reading('unknown', { 404: 1 }, {}), reading('busy', { 200: 2 }, {})].join('\n');
  assert.deepEqual(
    ratesBetween(before, after, 1).map(({ destination }) => destination),
    ['busy', '-'],
  );
});

test('a process that started anew has counted what it shows', () => {
  const rates = ratesBetween(reading('a', { 200: 100 }, {}), reading('a', { 200: 4 }, {}), 1);
  assert.equal(rates[0]?.rate, 4);
});
