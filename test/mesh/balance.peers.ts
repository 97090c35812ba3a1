/** The same key picks the same endpoint as in Envoy: ring and Maglev, equal and weighted hosts, 10,000 keys each. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LoadBalancer } from '../../gateway/snapshot.ts';
import { Balancer } from '../../gateway/upstream/balance/balancer.ts';
import { xxHash64 } from '../../gateway/upstream/balance/xxhash64.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf } from '../support/snapshot.ts';
import { ask, type Endpoints, inLanes, startEndpoints } from './endpoints.ts';

const KEYS = 10_000;
const WEIGHTS = [1, 3, 2, 1, 7, 1, 5];

interface Case {
  name: string;
  weights: number[];
  loadBalancer: LoadBalancer;
  settings: Record<string, unknown>;
}

const equal = WEIGHTS.map(() => 1);
const cases: Case[] = [
  { name: 'ring', weights: equal, loadBalancer: { policy: 'RING_HASH' }, settings: { lb_policy: 'RING_HASH' } },
  { name: 'ring-w', weights: WEIGHTS, loadBalancer: { policy: 'RING_HASH' }, settings: { lb_policy: 'RING_HASH' } },
  {
    name: 'ring-5000',
    weights: WEIGHTS,
    loadBalancer: { policy: 'RING_HASH', minimumRingSize: 5000 },
    settings: { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 5000 } },
  },
  { name: 'maglev', weights: equal, loadBalancer: { policy: 'MAGLEV' }, settings: { lb_policy: 'MAGLEV' } },
  { name: 'maglev-w', weights: WEIGHTS, loadBalancer: { policy: 'MAGLEV' }, settings: { lb_policy: 'MAGLEV' } },
  {
    name: 'maglev-101',
    weights: WEIGHTS,
    loadBalancer: { policy: 'MAGLEV', tableSize: 101 },
    settings: { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 101 } },
  },
];

let endpoints: Endpoints;
let envoyPort: number;
let envoy: RunningEnvoy;

before(async () => {
  endpoints = await startEndpoints(WEIGHTS.length);
  envoyPort = await freePort();
  const routes = cases.map(({ name }) => ({
    match: { prefix: `/${name}/` },
    route: { cluster: name, hash_policy: [{ header: { header_name: 'x-key' } }] },
  }));
  const clusters = cases.map(({ name, weights, settings }) =>
    staticCluster(
      name,
      endpoints.ports.map((port, i) => ({ port, weight: weights[i]! })),
      settings,
    ),
  );
  envoy = await startEnvoy({ listeners: [httpListener(envoyPort, routes)], clusters });
});

after(() => {
  envoy?.stop();
  endpoints?.close();
});

/** With these weights, on these ports. */
function balancerOf(ports: number[], loadBalancer: LoadBalancer, weights: number[] = []): Balancer {
  const plain = clusterOf('any', ports);
  const members = plain.endpoints.map((endpoint, i) => ({ ...endpoint, weight: weights[i] ?? 1 }));
  return new Balancer({ ...plain, endpoints: members, loadBalancer });
}

const keyNumber = (i: number): string =>
  i % 3 === 0 ? `user-${i}` : `${(i * 2_654_435_761) % 2 ** 32}${'/x'.repeat(i % 40)}`;

for (const { name, weights, loadBalancer } of cases) {
  test(`${name}: the endpoint of every key is Envoy's`, async () => {
    const balancer = balancerOf(endpoints.ports, loadBalancer, weights);
    let wrong = 0;
    await inLanes(
      Array.from({ length: KEYS }, (_, i) => keyNumber(i)),
      async (key) => {
        const { body } = await ask(envoyPort, `/${name}/`, { 'x-key': key });
        if (body !== String(balancer.pick(xxHash64(key))?.endpoint.port)) wrong++;
      },
    );
    assert.equal(wrong, 0, `${wrong} of ${KEYS} keys went elsewhere`);
  });
}

/** Envoy's ring keeps its whole size about the same, so every host also gives up a tenth of its places: twice 1/n. */
const AT_MOST = { RING_HASH: 2, MAGLEV: 1.4 };

for (const policy of ['RING_HASH', 'MAGLEV'] as const) {
  test(`${policy}: one endpoint more moves few keys`, () => {
    const nine = balancerOf([1, 2, 3, 4, 5, 6, 7, 8, 9], { policy, minimumRingSize: 65_536 });
    const ten = balancerOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { policy, minimumRingSize: 65_536 });
    let moved = 0;
    for (let i = 0; i < KEYS; i++) {
      const hash = xxHash64(`key ${i}`);
      if (nine.pick(hash)?.key !== ten.pick(hash)?.key) moved++;
    }
    assert.ok(moved > KEYS / 10 / 1.4 && moved < (KEYS / 10) * AT_MOST[policy], `${moved} of ${KEYS} moved`);
  });
}
