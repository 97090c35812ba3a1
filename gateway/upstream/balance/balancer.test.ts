import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../../snapshot.ts';
import { Balancer } from './balancer.ts';
import { EarlierTries } from './earlier-tries.ts';
import type { Host } from './host.ts';
import { xxHash64 } from './xxhash64.ts';

const OUTLIER: Cluster['outlierDetection'] = {
  consecutive5xx: 1,
  splitExternalLocalOriginErrors: false,
  intervalMs: 1000,
  baseEjectionTimeMs: 1000,
  maxEjectionPercent: 100,
  minHealthPercent: 0,
};

function clusterOf(count: number, parts: Partial<Cluster> = {}): Cluster {
  return {
    name: 'c',
    host: 'c',
    port: 80,
    endpoints: Array.from({ length: count }, (_, i) => ({ address: 'h', port: i + 1, labels: {}, weight: 1 })),
    resolution: 'STATIC',
    loadBalancer: { policy: 'ROUND_ROBIN' },
    connectTimeoutMs: 1000,
    ...parts,
  };
}

function triesAt(...hosts: Host[]): EarlierTries {
  const tried = new EarlierTries({ ignorePreviousHosts: true, remoteLocalities: false });
  for (const host of hosts) tried.add(host);
  return tried;
}

const ports = (balancer: Balancer, times: number): Set<number | undefined> =>
  new Set(Array.from({ length: times }, () => balancer.pick()?.endpoint.port));

test('an ejected host gets nothing until it is back; with all ejected there is no healthy upstream', () => {
  let now = 0;
  const balancer = new Balancer(clusterOf(2, { outlierDetection: OUTLIER }), { now: () => now });
  const [one, two] = balancer.hosts as [(typeof balancer.hosts)[0], (typeof balancer.hosts)[0]];
  balancer.detector!.answered(one, 500, now);
  assert.deepEqual(ports(balancer, 10), new Set([2]));
  balancer.detector!.answered(two, 500, now);
  assert.equal(balancer.pick(), undefined);
  now = 1000;
  assert.deepEqual(ports(balancer, 10), new Set([1, 2]));
});

test('below minHealthPercent the ejected ones are used too', () => {
  const outlierDetection = { ...OUTLIER, minHealthPercent: 60 };
  const balancer = new Balancer(clusterOf(2, { outlierDetection }), { now: () => 0 });
  balancer.detector!.answered(balancer.hosts[0]!, 500, 0);
  assert.deepEqual(ports(balancer, 10), new Set([1, 2]));
});

test('a retry goes to a host that was not tried', () => {
  const balancer = new Balancer(clusterOf(3));
  for (let i = 0; i < 50; i++) {
    assert.equal(balancer.pick(undefined, triesAt(balancer.hosts[0]!, balancer.hosts[1]!))?.endpoint.port, 3);
  }
});

for (const policy of ['RING_HASH', 'MAGLEV'] as const) {
  test(`${policy}: a key stays with its host, a retry leaves it, an ejection moves only its keys`, () => {
    const balancer = new Balancer(clusterOf(5, { loadBalancer: { policy }, outlierDetection: OUTLIER }), {
      now: () => 0,
    });
    const keys = Array.from({ length: 500 }, (_, i) => xxHash64(`key ${i}`));
    const before = keys.map((key) => balancer.pick(key)!);
    assert.deepEqual(
      keys.map((key) => balancer.pick(key)!),
      before,
    );
    const left = keys.filter((key, i) => balancer.pick(key, triesAt(before[i]!)) !== before[i]).length;
    assert.ok(left > 450, `${left} of 500 retries left their host`);
    balancer.detector!.answered(before[0]!, 500, 0);
    const after = keys.map((key) => balancer.pick(key)!);
    assert.ok(!after.includes(before[0]!));
    const strayed = before.filter((host, i) => host !== before[0] && host !== after[i]).length;
    assert.ok(strayed < 100, `${strayed} keys of healthy hosts moved`);
  });
}

test('half of the near hosts ejected: 70 % stay near, the rest goes on to the next priority', () => {
  const near = 'us/west/1';
  const endpoints = Array.from({ length: 4 }, (_, i) => ({
    address: 'h',
    port: i + 1,
    labels: {},
    weight: 1,
    locality: i < 2 ? near : 'eu/north/1',
  }));
  const loadBalancer = { policy: 'RANDOM' as const, locality: { from: near } };
  const balancer = new Balancer(clusterOf(0, { endpoints, loadBalancer, outlierDetection: OUTLIER }), { now: () => 0 });
  assert.deepEqual(ports(balancer, 200), new Set([1, 2]));
  balancer.detector!.answered(balancer.hosts[0]!, 500, 0);
  let stayed = 0;
  for (let i = 0; i < 5000; i++) if (balancer.pick()!.endpoint.port === 2) stayed++;
  assert.ok(Math.abs(stayed - 3500) < 200, `${stayed} of 5000 stayed`);
});

test('shares of localities are kept', () => {
  const endpoints = ['a/a/a', 'b/b/b'].map((locality, i) => ({
    address: 'h',
    port: i + 1,
    labels: {},
    weight: 1,
    locality,
  }));
  const locality = { from: 'a/a/a', distribute: [{ from: 'a/*', to: { 'a/*': 80, 'b/*': 20 } }] };
  for (const policy of ['RANDOM', 'ROUND_ROBIN', 'MAGLEV'] as const) {
    const balancer = new Balancer(clusterOf(0, { endpoints, loadBalancer: { policy, locality } }));
    let near = 0;
    for (let i = 0; i < 5000; i++) if (balancer.pick(xxHash64(`key ${i}`))!.endpoint.port === 1) near++;
    assert.ok(Math.abs(near - 4000) < 200, `${policy}: ${near} of 5000`);
  }
});

test('the next Snapshot keeps what was learned about a host, and warms up only the new one', () => {
  let now = 0;
  const loadBalancer = {
    policy: 'ROUND_ROBIN' as const,
    warmup: { durationMs: 1000, minimumPercent: 10, aggression: 1 },
  };
  const parts = { loadBalancer, outlierDetection: OUTLIER };
  const before = new Balancer(clusterOf(2, parts), { now: () => now });
  before.detector!.answered(before.hosts[0]!, 500, now);
  const after = new Balancer(clusterOf(3, parts), { now: () => now, previous: before });
  assert.equal(after.hosts[0]!.ejected, true);
  const share = () => {
    let young = 0;
    for (let i = 0; i < 1100; i++) if (after.pick()!.endpoint.port === 3) young++;
    return young / 1100;
  };
  assert.ok(Math.abs(share() - 0.1 / 1.1) < 0.02);
  now = 999;
  const later = share();
  assert.ok(later > 0.4, `${later}`);
});

test('whoever was ejected is back when the next Snapshot ejects nobody', () => {
  const before = new Balancer(clusterOf(2, { outlierDetection: OUTLIER }));
  before.detector!.answered(before.hosts[0]!, 500, 0);
  assert.equal(before.hosts[0]!.ejected, true);
  const after = new Balancer(clusterOf(2), { previous: before });
  assert.equal(after.hosts[0]!.ejected, false);
});
