import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadBalancer } from '../../snapshot.ts';
import { Host } from './host.ts';
import { foldPicker, type Picker } from './picker.ts';
import { foldSlowStart } from './slow-start.ts';

const hostsOf = (...weights: number[]): Host[] =>
  weights.map((weight, i) => new Host({ address: '10.0.0.1', port: 8001 + i, labels: {}, weight }, 0));

const picker = (hosts: Host[], policy: LoadBalancer['policy'], random: () => number = Math.random): Picker =>
  foldPicker(hosts, {
    loadBalancer: { policy },
    slowStart: undefined,
    now: () => 0,
    random,
  });

function count(pick: Picker, times: number): Record<number, number> {
  const counts: Record<number, number> = {};
  for (let i = 0; i < times; i++) {
    const port = pick(undefined, 0)!.endpoint.port;
    counts[port] = (counts[port] ?? 0) + 1;
  }
  return counts;
}

test('no host: nothing is picked', () => assert.equal(picker([], 'RANDOM')(undefined, 0), undefined));

test('round robin is exact', () => {
  assert.deepEqual(count(picker(hostsOf(1, 1, 1), 'ROUND_ROBIN'), 90), { 8001: 30, 8002: 30, 8003: 30 });
});

test('weighted round robin is exact over whole rounds, and smooth', () => {
  const pick = picker(hostsOf(4, 2, 1), 'ROUND_ROBIN', () => 0);
  const order = Array.from({ length: 7 }, () => pick(undefined, 0)!.endpoint.port);
  assert.deepEqual(order, [8001, 8002, 8001, 8001, 8003, 8002, 8001]);
  assert.deepEqual(count(pick, 700), { 8001: 400, 8002: 200, 8003: 100 });
});

test('random ignores weights, as Envoy does', () => {
  const counts = count(picker(hostsOf(100, 1), 'RANDOM'), 4000);
  assert.ok(Math.abs(counts[8001]! - 2000) < 300, JSON.stringify(counts));
});

test('least request avoids the loaded host of two', () => {
  const hosts = hostsOf(1, 1);
  for (let i = 0; i < 5; i++) hosts[0]!.inFlight.begin(0);
  const counts = count(picker(hosts, 'LEAST_REQUEST'), 4000);
  assert.ok(Math.abs(counts[8001]! - 1000) < 250, JSON.stringify(counts));
});

test('weighted least request divides the weight by the load', () => {
  const hosts = hostsOf(9, 1);
  assert.deepEqual(
    count(
      picker(hosts, 'LEAST_REQUEST', () => 0),
      100,
    ),
    { 8001: 90, 8002: 10 },
  );
  for (let i = 0; i < 8; i++) hosts[0]!.inFlight.begin(0);
  assert.deepEqual(
    count(
      picker(hosts, 'LEAST_REQUEST', () => 0),
      100,
    ),
    { 8001: 50, 8002: 50 },
  );
});

test('slow start gives a young host its part, then all of its weight', () => {
  let now = 1000;
  const slowStart = foldSlowStart({ durationMs: 1000, minimumPercent: 10, aggression: 1 }, () => now)!;
  const young = new Host({ address: 'a', port: 1, labels: {}, weight: 1 }, 1000);
  assert.equal(slowStart(young), 0.1);
  now = 1500;
  assert.equal(slowStart(young), 0.5);
  now = 2000;
  assert.equal(slowStart(young), 1);
});
