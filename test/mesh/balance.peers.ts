/** The same key picks the same endpoint as in Envoy: ring and Maglev, equal and weighted hosts, 10,000 keys each. */
import assert from 'node:assert/strict';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { LoadBalancer } from '../../gateway/snapshot.ts';
import { Host } from '../../gateway/upstream/balance/host.ts';
import { foldPicker } from '../../gateway/upstream/balance/picker.ts';
import { xxHash64 } from '../../gateway/upstream/balance/xxhash64.ts';
import { freePort } from '../support/free-port.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from './envoy.ts';

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

const servers: Server[] = [];
let ports: number[];
let envoyPort: number;
let envoy: RunningEnvoy;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

before(async () => {
  ports = await Promise.all(WEIGHTS.map(listen));
  envoyPort = await freePort();
  const routes = cases.map(({ name }) => ({
    match: { prefix: `/${name}/` },
    route: { cluster: name, hash_policy: [{ header: { header_name: 'x-key' } }] },
  }));
  const clusters = cases.map(({ name, weights, settings }) =>
    staticCluster(
      name,
      ports.map((port, i) => ({ port, weight: weights[i]! })),
      settings,
    ),
  );
  envoy = await startEnvoy({ listeners: [httpListener(envoyPort, routes)], clusters });
});

after(() => {
  envoy?.stop();
  agent.destroy();
  for (const server of servers) server.close();
});

async function listen(): Promise<number> {
  const server = createServer((_, answer) => answer.end(String((server.address() as AddressInfo).port)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function chosenByEnvoy(name: string, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: envoyPort, path: `/${name}/`, headers: { 'x-key': key }, agent };
    const sent = request(options, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => resolve(Number(body)));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const keyNumber = (i: number): string =>
  i % 3 === 0 ? `user-${i}` : `${(i * 2_654_435_761) % 2 ** 32}${'/x'.repeat(i % 40)}`;

for (const { name, weights, loadBalancer } of cases) {
  test(`${name}: the endpoint of every key is Envoy's`, async () => {
    const hosts = ports.map((port, i) => new Host({ address: '127.0.0.1', port, labels: {}, weight: weights[i]! }, 0));
    const pick = foldPicker(hosts, {
      loadBalancer,
      weightOf: ({ weight }: Host) => weight,
      slowStart: undefined,
      now: Date.now,
      random: Math.random,
    });
    const keys = Array.from({ length: KEYS }, (_, i) => keyNumber(i));
    let wrong = 0;
    await Promise.all(
      Array.from({ length: 16 }, async (_, lane) => {
        for (let i = lane; i < keys.length; i += 16) {
          const theirs = await chosenByEnvoy(name, keys[i]!);
          if (theirs !== pick(xxHash64(keys[i]!), 0)?.endpoint.port) wrong++;
        }
      }),
    );
    assert.equal(wrong, 0, `${wrong} of ${KEYS} keys went elsewhere`);
  });
}

/** Envoy's ring keeps its whole size about the same, so every host also gives up a tenth of its places: twice 1/n. */
const AT_MOST = { RING_HASH: 2, MAGLEV: 1.4 };

for (const policy of ['RING_HASH', 'MAGLEV'] as const) {
  test(`${policy}: one endpoint more moves few keys`, () => {
    const host = (i: number) => new Host({ address: `10.0.0.${i}`, port: 80, labels: {}, weight: 1 }, 0);
    const options = {
      loadBalancer: { policy, minimumRingSize: 65_536 },
      weightOf: ({ weight }: Host) => weight,
      slowStart: undefined,
      now: Date.now,
      random: Math.random,
    };
    const nine = foldPicker(
      Array.from({ length: 9 }, (_, i) => host(i)),
      options,
    );
    const ten = foldPicker(
      Array.from({ length: 10 }, (_, i) => host(i)),
      options,
    );
    let moved = 0;
    for (let i = 0; i < KEYS; i++) {
      const hash = xxHash64(`key ${i}`);
      if (nine(hash, 0)?.key !== ten(hash, 0)?.key) moved++;
    }
    assert.ok(moved > KEYS / 10 / 1.4 && moved < (KEYS / 10) * AT_MOST[policy], `${moved} of ${KEYS} moved`);
  });
}
