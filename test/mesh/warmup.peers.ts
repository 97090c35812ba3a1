/** Slow start: which share an endpoint gets that joins later, over its window, here and in an Envoy that learns of it as we do. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Cluster, LoadBalancer } from '../../gateway/snapshot.ts';
import { Balancer } from '../../gateway/upstream/balance/balancer.ts';
import { httpListener, type RunningEnvoy, startEnvoy } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf } from '../support/snapshot.ts';
import { ask, type Endpoints, startEndpoints } from './endpoints.ts';

const WINDOW_MS = 2000;
/** The window and as long again in which nobody is young any more. */
const SLICES = 6;
const SLICE_MS = WINDOW_MS / 4;

interface Case {
  name: string;
  policy: 'ROUND_ROBIN' | 'LEAST_REQUEST';
  aggression: number;
  minimumPercent: number;
}

const cases: Case[] = [
  { name: 'linear', policy: 'ROUND_ROBIN', aggression: 1, minimumPercent: 10 },
  { name: 'least-request', policy: 'LEAST_REQUEST', aggression: 1, minimumPercent: 10 },
  { name: 'fast', policy: 'ROUND_ROBIN', aggression: 3, minimumPercent: 10 },
  { name: 'slow', policy: 'ROUND_ROBIN', aggression: 0.5, minimumPercent: 0 },
  { name: 'from-half', policy: 'LEAST_REQUEST', aggression: 1, minimumPercent: 50 },
];

const folder = mkdtempSync(join(tmpdir(), 'bowsprit-warmup-'));
let endpoints: Endpoints;
let envoy: RunningEnvoy;
let envoyPort: number;

before(async () => {
  endpoints = await startEndpoints(3);
  for (const { name } of cases) tellEnvoy(name, 2);
  envoyPort = await freePort();
  const routes = cases.map(({ name }) => ({ match: { path: `/${name}` }, route: { cluster: name } }));
  envoy = await startEnvoy({ listeners: [httpListener(envoyPort, routes)], clusters: cases.map(theirCluster) });
});

after(() => {
  envoy?.stop();
  endpoints?.close();
  rmSync(folder, { recursive: true, force: true });
});

const fileOf = (name: string): string => join(folder, `${name}.json`);

/** Envoy watches for files that are moved into place. */
function tellEnvoy(name: string, count: number): void {
  const lb_endpoints = endpoints.ports.slice(0, count).map((port) => ({
    endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
  }));
  const type = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';
  const resources = [{ '@type': type, cluster_name: name, endpoints: [{ lb_endpoints }] }];
  writeFileSync(`${fileOf(name)}.new`, JSON.stringify({ version_info: String(count), resources }));
  renameSync(`${fileOf(name)}.new`, fileOf(name));
}

/** As Istio writes it. */
function theirCluster({ name, policy, aggression, minimumPercent }: Case): unknown {
  const slow_start_config = {
    slow_start_window: `${WINDOW_MS / 1000}s`,
    aggression: { default_value: aggression, runtime_key: name },
    min_weight_percent: { value: minimumPercent },
  };
  return {
    name,
    type: 'EDS',
    eds_cluster_config: { eds_config: { path_config_source: { path: fileOf(name) }, resource_api_version: 'V3' } },
    lb_policy: policy,
    [policy === 'ROUND_ROBIN' ? 'round_robin_lb_config' : 'least_request_lb_config']: { slow_start_config },
  };
}

/** The choice at `at` milliseconds after the third endpoint joined; whether it was the one chosen. */
type Choice = [at: number, young: boolean];

async function theirChoices(): Promise<Map<string, Choice[]>> {
  const choices = new Map(cases.map(({ name }) => [name, [] as Choice[]]));
  for (const { name } of cases) tellEnvoy(name, 3);
  const joined = performance.now();
  while (performance.now() - joined < SLICES * SLICE_MS)
    for (const { name } of cases) {
      const at = performance.now() - joined;
      const { body } = await ask(envoyPort, `/${name}`);
      choices.get(name)!.push([at, body === String(endpoints.ports[2])]);
    }
  return choices;
}

/** Ours at the same moments. */
function ourChoices({ name, policy, aggression, minimumPercent }: Case, moments: number[]): Choice[] {
  let now = -10 * WINDOW_MS;
  const warmup = { durationMs: WINDOW_MS, minimumPercent, aggression };
  const loadBalancer: LoadBalancer = { policy, warmup };
  const cluster = (count: number): Cluster => ({ ...clusterOf(name, endpoints.ports.slice(0, count)), loadBalancer });
  const previous = new Balancer(cluster(2), { now: () => now });
  now = 0;
  const balancer = new Balancer(cluster(3), { now: () => now, previous });
  return moments.map((at) => {
    now = at;
    return [at, balancer.pick()?.endpoint.port === endpoints.ports[2]];
  });
}

/** In each slice. */
function shares(choices: Choice[]): number[] {
  return Array.from({ length: SLICES }, (_, slice) => {
    const within = choices.filter(([at]) => Math.floor(at / SLICE_MS) === slice);
    return within.filter(([, young]) => young).length / within.length;
  });
}

test('the share of a young endpoint grows as in Envoy', async () => {
  // So that the first two are old, as they would be.
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const theirs = await theirChoices();
  for (const one of cases) {
    const choices = theirs.get(one.name)!;
    const [here, there] = [
      shares(
        ourChoices(
          one,
          choices.map(([at]) => at),
        ),
      ),
      shares(choices),
    ];
    for (const [slice, share] of here.entries())
      assert.ok(
        Math.abs(share - there[slice]!) < 0.08,
        `${one.name}: ${here.join(' ')} here, ${there.join(' ')} there`,
      );
  }
});
