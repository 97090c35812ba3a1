import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster, LocalitySetting } from '../../snapshot.ts';
import { Host } from './host.ts';
import { covers, foldLevels } from './locality.ts';

const PLACES = ['us/west/1', 'us/west/2', 'us/east/1', 'eu/north/1', 'ap/south/1'];

function levelsOf(
  locality: Partial<LocalitySetting> | undefined,
  outlier = true,
  labels: Record<string, string>[] = [],
) {
  const hosts = PLACES.map(
    (place, i) => new Host({ address: place, port: i, labels: labels[i] ?? {}, weight: 1, locality: place }, 0),
  );
  const cluster = {
    loadBalancer: { policy: 'RANDOM', ...(locality && { locality: { from: 'us/west/1', ...locality } }) },
    ...(outlier && { outlierDetection: {} }),
  } as unknown as Cluster;
  return foldLevels(cluster, hosts).map((groups) =>
    groups.map(({ weight, hosts }) => `${weight}:${hosts.map(({ endpoint }) => endpoint.address).join()}`),
  );
}

const everywhere = [[`1:${PLACES.join()}`]];

test('without a setting, or without outlier detection, all are alike', () => {
  assert.deepEqual(levelsOf(undefined), everywhere);
  assert.deepEqual(levelsOf({}, false), everywhere);
});

test('near ones first: subzone, zone, region, elsewhere', () => {
  assert.deepEqual(levelsOf({}), [['1:us/west/1'], ['1:us/west/2'], ['1:us/east/1'], ['1:eu/north/1,ap/south/1']]);
});

test('failover names the region that comes before the others', () => {
  assert.deepEqual(levelsOf({ failover: [{ from: 'us', to: 'ap' }] }).slice(3), [['1:ap/south/1'], ['1:eu/north/1']]);
});

test('failoverPriority compares labels in order, gaps closed', () => {
  const setting = { failoverPriority: ['version', 'topology.kubernetes.io/region'], labels: { version: 'v1' } };
  const labels = [{ version: 'v2' }, { version: 'v1' }, { version: 'v2' }, { version: 'v1' }, {}];
  assert.deepEqual(levelsOf(setting, true, labels), [
    ['1:us/west/2'],
    ['1:eu/north/1'],
    ['1:us/west/1', '1:us/east/1', '1:ap/south/1'],
  ]);
  assert.deepEqual(levelsOf({ failoverPriority: ['version=v2'] }, true, labels)[0], ['1:us/west/1', '1:us/east/1']);
});

test('failover after failoverPriority orders those whose labels are alike', () => {
  const setting = { failoverPriority: ['version=v2'], failover: [{ from: 'us', to: 'ap' }] };
  const labels = [{}, {}, { version: 'v2' }, { version: 'v2' }, { version: 'v2' }];
  assert.deepEqual(levelsOf(setting, true, labels), [
    ['1:us/east/1'],
    ['1:ap/south/1'],
    ['1:eu/north/1'],
    ['1:us/west/1'],
    ['1:us/west/2'],
  ]);
});

test('failoverPriority says nothing of endpoints that have names', () => {
  const hosts = PLACES.map((place) => new Host({ address: place, port: 1, labels: {}, weight: 1, locality: place }, 0));
  const locality = { from: 'us/west/1', failoverPriority: ['topology.kubernetes.io/region'] };
  const cluster = { resolution: 'DNS', loadBalancer: { policy: 'RANDOM', locality }, outlierDetection: {} };
  const levels = foldLevels(cluster as unknown as Cluster, hosts);
  assert.deepEqual(
    levels.map((groups) => groups.length),
    [PLACES.length],
  );
});

test('distribute gives shares, splits a wildcard by weight and drops whom nobody names', () => {
  const distribute = [{ from: 'us/west/*', to: { 'us/*': 80, 'eu/north/1': 20 } }];
  assert.deepEqual(levelsOf({ distribute }, false), [
    ['20:eu/north/1', '27:us/west/1', '27:us/west/2', '27:us/east/1'],
  ]);
});

test('distribute for others leaves every locality the share of its endpoints', () => {
  const distribute = [{ from: 'eu/*', to: { 'eu/*': 100 } }];
  assert.deepEqual(levelsOf({ distribute }), [PLACES.map((place) => `1:${place}`)]);
});

test('a pattern covers by parts', () => {
  for (const [pattern, covered] of [
    ['*', true],
    ['us', true],
    ['us/*', true],
    ['us/west', true],
    ['us/east/1', false],
    ['eu', false],
  ] as const)
    assert.equal(covers(pattern, 'us/west/1'), covered, pattern);
});
