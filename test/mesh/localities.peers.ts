/**
 * Which share of the traffic each endpoint gets: localityLbSetting at the edge beside an Envoy that is set as Istio's
 * control plane sets it for the same words, some of the endpoints ejected. Thousands of requests a row.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Cluster, LoadBalancer, LocalitySetting } from '../../gateway/snapshot.ts';
import { Balancer } from '../../gateway/upstream/balance/balancer.ts';
import { xxHash64 } from '../../gateway/upstream/balance/xxhash64.ts';
import { httpListener, localityCluster, type RunningEnvoy, startEnvoy } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf } from '../support/snapshot.ts';
import { ask, type Endpoints, inLanes, startEndpoints } from './endpoints.ts';

const REQUESTS = 2000;
const PICKS = 30_000;

/** Endpoints by index: where each one is. */
const PLACES = ['us/a/1', 'us/a/1', 'us/a/1', 'us/a/1', 'us/b/1', 'us/b/1', 'eu/a/1', 'eu/a/1', 'eu/a/1', 'ap/a/1'];
const NEAR = [0, 1, 2, 3];
const NEXT = [4, 5];
const EU = [6, 7, 8];
const AP = [9];

interface Case {
  name: string;
  ours: Partial<LocalitySetting>;
  /** Istio's words for it: priority, weight and members of each locality. */
  theirs: [priority: number, weight: number, members: number[]][];
  /** Whether Istio asks for shares of localities (LocalityWeightedLbConfig). */
  shares: boolean;
  ejected: number[];
  minHealthPercent?: number;
}

const nearestFirst: Case['theirs'] = [
  [0, 4, NEAR],
  [1, 2, NEXT],
  [2, 3, EU],
  [2, 1, AP],
];
const failover = { failover: [{ from: 'us', to: 'ap' }] };
const overAp: Case['theirs'] = [
  [0, 4, NEAR],
  [1, 2, NEXT],
  [2, 1, AP],
  [3, 3, EU],
];
const distributed = { distribute: [{ from: 'us/*', to: { 'us/*': 20, 'eu/*': 70, 'ap/*': 10 } }] };
/** A share is divided by the endpoints of each locality, rounded up. */
const twentySeventyTen: Case['theirs'] = [
  [0, 14, NEAR],
  [0, 7, NEXT],
  [0, 70, EU],
  [0, 10, AP],
];
const onePriority = twentySeventyTen.map(([, , members]): Case['theirs'][0] => [0, members.length, members]);
const byRegion = { failoverPriority: ['topology.kubernetes.io/region'] };
const regions: Case['theirs'] = [
  [0, 4, NEAR],
  [0, 2, NEXT],
  [1, 3, EU],
  [1, 1, AP],
];

const cases: Case[] = [
  { name: 'nearest first', ours: {}, theirs: nearestFirst, shares: false, ejected: [] },
  { name: 'half of the nearest ejected', ours: {}, theirs: nearestFirst, shares: false, ejected: [0, 1] },
  { name: 'less than all left', ours: {}, theirs: nearestFirst, shares: false, ejected: [0, 1, 2, 4, 6, 7, 8] },
  { name: 'none left', ours: {}, theirs: nearestFirst, shares: false, ejected: PLACES.map((_, i) => i) },
  { name: 'a panic everywhere', ours: {}, theirs: nearestFirst, shares: false, ejected: [0, 1, 2, 4, 5, 6, 7, 8, 9] },
  { name: 'a panic of one priority', ours: {}, theirs: nearestFirst, shares: false, ejected: [0, 1, 2, 4, 5, 7, 8] },
  { name: 'failover', ours: failover, theirs: overAp, shares: true, ejected: [0, 1, 2, 3, 4] },
  { name: 'failover to nobody', ours: failover, theirs: overAp, shares: true, ejected: [0, 1, 2, 3, 4, 5, 9] },
  { name: 'shares within a priority', ours: byRegion, theirs: regions, shares: true, ejected: [4] },
  { name: 'shares of the next priority', ours: byRegion, theirs: regions, shares: true, ejected: [0, 1, 2, 3, 4, 6] },
  {
    name: 'labels, then places',
    ours: { ...byRegion, failover: [{ from: 'us', to: 'ap' }] },
    theirs: overAp,
    shares: true,
    ejected: [0, 1, 4],
  },
  { name: 'distribute', ours: distributed, theirs: twentySeventyTen, shares: true, ejected: [] },
  { name: 'a share cut', ours: distributed, theirs: twentySeventyTen, shares: true, ejected: [0, 1, 6, 9] },
  {
    name: 'distribute in a panic',
    ours: distributed,
    theirs: twentySeventyTen,
    shares: true,
    ejected: [0, 1, 2, 3, 6, 7, 8],
  },
  {
    name: 'distribute for others',
    ours: { distribute: [{ from: 'eu/*', to: { 'eu/*': 100 } }] },
    theirs: onePriority,
    shares: true,
    ejected: [0, 1, 2],
  },
].map((one) => ({ ...one, minHealthPercent: one.name.includes('panic') ? 50 : 0 }));

const policies: LoadBalancer['policy'][] = ['RANDOM', 'ROUND_ROBIN', 'MAGLEV', 'RING_HASH'];
/** Every case draws; turns and hashing have rules of their own where localities have shares. */
const rows = cases.flatMap((one, index) =>
  policies
    .filter((policy, i) => policy === 'RANDOM' || (one.shares && (policy === 'MAGLEV' || (i + index) % 2 === 0)))
    .map((policy) => ({ ...one, policy, path: `/${index}-${policy}` })),
);
type Row = (typeof rows)[0];

let endpoints: Endpoints;
let envoy: RunningEnvoy;
let envoyPort: number;

before(async () => {
  endpoints = await startEndpoints(PLACES.length);
  envoyPort = await freePort();
  const routes = rows.map(({ path }) => ({
    match: { path },
    route: { cluster: path, hash_policy: [{ header: { header_name: 'x-key' } }] },
  }));
  envoy = await startEnvoy({ listeners: [httpListener(envoyPort, routes)], clusters: rows.map(theirCluster) });
});

after(() => {
  envoy?.stop();
  endpoints?.close();
});

function theirCluster({ path, theirs, shares, ejected, minHealthPercent, policy }: Row): unknown {
  const localities = theirs.map(([priority, weight, members]) => ({
    place: PLACES[members[0]!]!,
    priority,
    weight,
    endpoints: members.map((i) => ({ port: endpoints.ports[i]!, unhealthy: ejected.includes(i) })),
  }));
  const common = {
    healthy_panic_threshold: { value: minHealthPercent },
    ...(shares && { locality_weighted_lb_config: {} }),
  };
  return localityCluster(path, localities, { lb_policy: policy, common_lb_config: common });
}

function ourBalancer({ path, ours, ejected, minHealthPercent, policy }: Row): Balancer {
  const plain = clusterOf(path, endpoints.ports);
  const cluster: Cluster = {
    ...plain,
    endpoints: plain.endpoints.map((endpoint, i) => ({ ...endpoint, locality: PLACES[i]! })),
    loadBalancer: { policy, locality: { from: 'us/a/1', ...ours } },
    outlierDetection: {
      consecutive5xx: 1,
      splitExternalLocalOriginErrors: false,
      intervalMs: 1000,
      baseEjectionTimeMs: 1000,
      maxEjectionPercent: 100,
      minHealthPercent: minHealthPercent ?? 0,
    },
  };
  const balancer = new Balancer(cluster, { now: () => 0 });
  for (const i of ejected) balancer.detector!.answered(balancer.hosts[i]!, 500, 0);
  return balancer;
}

const keyOf = (i: number): string => `user ${i}`;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The port that each key's request came to; '' for nobody. */
async function theirChoices(path: string): Promise<string[]> {
  const choices: string[] = [];
  await inLanes(numbers(REQUESTS), async (i) => {
    const { status, body } = await ask(envoyPort, path, { 'x-key': keyOf(i) });
    choices[i] = status === 200 ? body : '';
    if (status !== 200) assert.deepEqual([status, body], [503, 'no healthy upstream']);
  });
  return choices;
}

function ourChoices(row: Row, hashed: boolean): string[] {
  const balancer = ourBalancer(row);
  return numbers(hashed ? REQUESTS : PICKS).map((i) =>
    String(balancer.pick(hashed ? xxHash64(keyOf(i)) : undefined)?.endpoint.port ?? ''),
  );
}

/** Of each endpoint, and of nobody. */
function shares(choices: string[]): number[] {
  const of = (port: string) => choices.filter((choice) => choice === port).length / choices.length;
  return [...endpoints.ports.map(String), ''].map(of);
}

/** Where a sample of this size may lie: four and a half standard deviations. */
const slack = (share: number): number => 4.5 * Math.sqrt((share * (1 - share)) / REQUESTS) + 0.004;

describe('shares of the traffic', () => {
  for (const row of rows)
    test(`${row.name}, ${row.policy}`, async () => {
      const hashed = row.policy === 'MAGLEV' || row.policy === 'RING_HASH';
      const theirs = await theirChoices(row.path);
      const ours = ourChoices(row, hashed);
      if (hashed) return assert.equal(ours.filter((port, i) => port !== theirs[i]).length, 0, 'keys elsewhere');
      const both = shares(ours).map((share, i) => [share, shares(theirs)[i]!] as const);
      for (const [i, [own, other]] of both.entries())
        assert.ok(
          Math.abs(own - other) <= slack(own),
          `endpoint ${i}: ${own} here, ${other} in Envoy: ${both.join(' ')}`,
        );
    });
});
