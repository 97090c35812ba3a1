/** retryRemoteLocalities: which priority each try of a request goes to, at the edge and in an Envoy set as Istio sets it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Cluster, ForwardAction } from '../../gateway/snapshot.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, localityCluster, type RunningEnvoy, startEnvoy } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';
import { ask, type Endpoints, inLanes, startEndpoints } from './endpoints.ts';

const REQUESTS = 60;
const ATTEMPTS = 6;

interface Case {
  path: string;
  /** Place of each endpoint; the gateway's own is us/a/1. */
  places: string[];
  remoteLocalities: boolean;
  ignorePreviousHosts: boolean;
  policy?: 'MAGLEV';
}

const three = ['us/a/1', 'us/a/1', 'us/b/1', 'us/b/1', 'eu/a/1', 'eu/a/1'];
const cases: Case[] = [
  { path: '/three', places: three, remoteLocalities: true, ignorePreviousHosts: true },
  { path: '/same-hosts', places: three, remoteLocalities: true, ignorePreviousHosts: false },
  { path: '/two', places: ['us/a/1', 'us/a/1', 'us/a/1', 'eu/a/1'], remoteLocalities: true, ignorePreviousHosts: true },
  { path: '/one', places: ['us/a/1', 'us/a/1'], remoteLocalities: true, ignorePreviousHosts: true },
  { path: '/off', places: three, remoteLocalities: false, ignorePreviousHosts: true },
  { path: '/hashed', places: three, remoteLocalities: true, ignorePreviousHosts: true, policy: 'MAGLEV' },
];
const PRIORITIES = ['us/a/1', 'us/b/1', 'eu/a/1'];

let endpoints: Endpoints;
let envoy: RunningEnvoy;
let envoyPort: number;
let edge: Edge;

before(async () => {
  endpoints = await startEndpoints(6);
  envoyPort = await freePort();
  envoy = await startEnvoy({
    listeners: [httpListener(envoyPort, cases.map(theirRoute))],
    clusters: cases.map(theirCluster),
  });
  edge = await startEdge(snapshotOf([virtualHostOf('*', cases.map(ourRoute))], cases.map(ourCluster)));
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  endpoints?.close();
});

const config = (name: string, type: string, fields = {}) => ({
  name: `envoy.${name}`,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.retry.${type}`, ...fields },
});

/** As Istio's ConvertPolicy writes it. */
function theirRoute({ path, remoteLocalities, ignorePreviousHosts }: Case): unknown {
  const predicate = config('retry_host_predicates.previous_hosts', 'host.previous_hosts.v3.PreviousHostsPredicate');
  const priority = config(
    'retry_priorities.previous_priorities',
    'priority.previous_priorities.v3.PreviousPrioritiesConfig',
    { update_frequency: 2 },
  );
  const retry_policy = {
    retry_on: '5xx',
    num_retries: ATTEMPTS,
    host_selection_retry_max_attempts: 5,
    retry_back_off: { base_interval: '0.001s' },
    ...(ignorePreviousHosts && { retry_host_predicate: [predicate] }),
    ...(remoteLocalities && { retry_priority: priority }),
  };
  return {
    match: { path },
    route: { cluster: path, timeout: '0s', retry_policy, hash_policy: [{ header: { header_name: 'x-id' } }] },
  };
}

function theirCluster({ path, places, policy }: Case): unknown {
  const localities = PRIORITIES.filter((place) => places.includes(place)).map((place, priority) => ({
    place,
    priority,
    endpoints: endpoints.ports.filter((_, i) => places[i] === place).map((port) => ({ port })),
  }));
  return localityCluster(path, localities, { lb_policy: policy ?? 'RANDOM' });
}

function ourRoute({ path, remoteLocalities, ignorePreviousHosts }: Case) {
  const route = forwardTo(path, { match: { path: { kind: 'exact', value: path } } });
  const retry = {
    attempts: ATTEMPTS,
    retryOn: ['5xx'],
    retriableStatusCodes: [],
    ignorePreviousHosts,
    retryRemoteLocalities: remoteLocalities,
    backoffMs: 1,
  };
  const hashPolicy = [{ kind: 'header' as const, name: 'x-id' }];
  return { ...route, action: { ...(route.action as ForwardAction), retry, hashPolicy } };
}

function ourCluster({ path, places, policy }: Case): Cluster {
  const plain = clusterOf(path, endpoints.ports.slice(0, places.length));
  return {
    ...plain,
    endpoints: plain.endpoints.map((endpoint, i) => ({ ...endpoint, locality: places[i]! })),
    loadBalancer: { policy: policy ?? 'RANDOM', locality: { from: 'us/a/1' } },
    // Nobody is ejected: failing over is only on where failures are looked at.
    outlierDetection: {
      splitExternalLocalOriginErrors: false,
      intervalMs: 1000,
      baseEjectionTimeMs: 1000,
      maxEjectionPercent: 100,
      minHealthPercent: 0,
    },
  };
}

/** How often the tries of a request went to the priorities in this order: `0010220`. */
async function orders(port: number, { path, places }: Case): Promise<Map<string, number>> {
  endpoints.seen.clear();
  const ids = Array.from({ length: REQUESTS }, (_, i) => `${i}`);
  const fail = endpoints.ports.map((endpoint) => `${endpoint}=503`).join();
  await inLanes(ids, async (id) => {
    await ask(port, path, { 'x-id': id, 'x-fail': fail });
  });
  const levels = PRIORITIES.filter((place) => places.includes(place));
  const counts = new Map<string, number>();
  for (const ports of endpoints.seen.values()) {
    const order = ports.map((at) => levels.indexOf(places[endpoints.ports.indexOf(at)]!)).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  return counts;
}

for (const one of cases)
  test(`${one.path}: every try's priority is Envoy's`, async () => {
    const theirs = await orders(envoyPort, one);
    assert.deepEqual(await orders(edge.port(80), one), theirs);
    assert.equal(
      [...theirs.values()].reduce((sum, count) => sum + count, 0),
      REQUESTS,
    );
  });
