import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutlierDetection } from '../../snapshot.ts';
import { Host } from './host.ts';
import { OutlierDetector } from './outlier-detector.ts';

function detectorOf(count: number, config: Partial<OutlierDetection>) {
  const hosts = Array.from({ length: count }, (_, i) => new Host({ address: 'h', port: i, labels: {}, weight: 1 }, 0));
  let changes = 0;
  const full: OutlierDetection = {
    splitExternalLocalOriginErrors: false,
    intervalMs: 500,
    baseEjectionTimeMs: 1000,
    maxEjectionPercent: 100,
    minHealthPercent: 0,
    ...config,
  };
  const detector = new OutlierDetector(full, hosts, () => changes++, 0);
  const fail = (index: number, times: number, status = 500, now = 0) => {
    for (let i = 0; i < times; i++) detector.answered(hosts[index]!, status, now);
  };
  return { hosts, detector, fail, changes: () => changes };
}

test('5xx in a row eject; one success starts the count again', () => {
  const { hosts, detector, fail, changes } = detectorOf(1, { consecutive5xx: 3 });
  fail(0, 2);
  detector.answered(hosts[0]!, 200, 0);
  fail(0, 2);
  assert.equal(hosts[0]!.ejected, false);
  fail(0, 1);
  assert.deepEqual([hosts[0]!.ejected, changes()], [true, 1]);
});

test('gateway errors are 502, 503 and 504; a 500 ends their row', () => {
  const { hosts, fail } = detectorOf(1, { consecutiveGatewayFailure: 2 });
  for (const status of [502, 500, 503]) fail(0, 1, status);
  assert.equal(hosts[0]!.ejected, false);
  fail(0, 1, 504);
  assert.equal(hosts[0]!.ejected, true);
});

test('a detector that is not configured never ejects', () => {
  const { hosts, fail } = detectorOf(1, {});
  fail(0, 100);
  assert.equal(hosts[0]!.ejected, false);
});

test('errorCodes are the only answers that count, and a lost connection still does', () => {
  const { hosts, detector, fail } = detectorOf(2, { consecutive5xx: 2, errorCodes: [429] });
  fail(0, 5, 503);
  assert.equal(hosts[0]!.ejected, false);
  fail(0, 2, 429);
  assert.equal(hosts[0]!.ejected, true);
  for (let i = 0; i < 2; i++) detector.failed(hosts[1]!, 'connect', 0);
  assert.equal(hosts[1]!.ejected, true);
});

test('named statuses count in place of 5xx', () => {
  const { hosts, fail } = detectorOf(2, { consecutive5xx: 2, errorCodes: [429, 503] });
  fail(0, 5, 500);
  fail(1, 1, 429);
  fail(1, 1, 503);
  assert.deepEqual(
    hosts.map((host) => host.ejected),
    [false, true],
  );
});

test('no answer counts as a 503 unless local errors are counted apart', () => {
  const together = detectorOf(1, { consecutive5xx: 2 });
  together.detector.failed(together.hosts[0]!, 'connect', 0);
  together.detector.failed(together.hosts[0]!, 'timeout', 0);
  assert.equal(together.hosts[0]!.ejected, true);
  const apart = detectorOf(1, {
    consecutive5xx: 1,
    consecutiveLocalOriginFailure: 2,
    splitExternalLocalOriginErrors: true,
  });
  for (const failure of ['reset', 'timeout', 'reset'] as const) apart.detector.failed(apart.hosts[0]!, failure, 0);
  assert.equal(apart.hosts[0]!.ejected, false, 'a connection stood before each of them');
  apart.detector.failed(apart.hosts[0]!, 'connect', 0);
  assert.equal(apart.hosts[0]!.ejected, true);
});

for (const [percent, ejected] of [
  [10, 0],
  [33, 0],
  [50, 1],
  [67, 2],
  [100, 3],
] as const) {
  test(`of three failing hosts ${percent} % ejects ${ejected}`, () => {
    const { hosts, fail } = detectorOf(3, { consecutive5xx: 2, maxEjectionPercent: percent });
    for (const index of [0, 1, 2]) fail(index, 2);
    assert.equal(hosts.filter((host) => host.ejected).length, ejected);
  });
}

/** Ejects at `at` and says at which look, every 25 ms, the host is back. */
function returnAfter({ hosts, detector, fail }: ReturnType<typeof detectorOf>, at: number): number {
  detector.look(at);
  fail(0, 2, 500, at);
  assert.equal(hosts[0]!.ejected, true);
  let now = at;
  while (hosts[0]!.ejected) {
    now += 25;
    detector.look(now);
  }
  return now;
}

test('a host comes back at a tick after its time, which grows with ejections and shrinks with quiet ticks', () => {
  const one = detectorOf(2, { consecutive5xx: 2, maxEjectionPercent: 50 });
  const tick = (time: number) => Math.floor(time / 500) * 500;
  const first = returnAfter(one, 130);
  assert.equal(tick(first), 1500);
  const second = returnAfter(one, first + 30);
  assert.equal(tick(second), 4000);
  const third = returnAfter(one, second + 30);
  assert.equal(tick(third), 7500);
  const quiet = third + 2600;
  assert.equal(tick(returnAfter(one, quiet)), tick(quiet + 1499));
});

test('ejection time stops growing at its maximum', () => {
  const one = detectorOf(1, { consecutive5xx: 2, baseEjectionTimeMs: 200_000, intervalMs: 1 });
  let now = 0;
  for (let i = 0; i < 4; i++) {
    const { hosts, detector, fail } = one;
    fail(0, 2, 500, now);
    detector.look(now + 300_001);
    assert.equal(hosts[0]!.ejected, false);
    now += 300_001;
  }
});
