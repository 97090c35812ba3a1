/** What is hashed, and when: the same requests to a real Envoy, its choice against ours for each kind of hash policy. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Exchange } from '../../gateway/exchange.ts';
import type { HashPolicy } from '../../gateway/snapshot.ts';
import { Balancer } from '../../gateway/upstream/balance/balancer.ts';
import { foldRequestHash } from '../../gateway/upstream/request-hash.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf } from '../support/snapshot.ts';
import { ask, type Endpoints, startEndpoints } from './endpoints.ts';

const ENDPOINTS = 9;

interface Case {
  name: string;
  ours: HashPolicy[];
  /** Envoy's hash_policy. */
  theirs: unknown[];
  requests: { path?: string; headers?: Record<string, string> }[];
  /** More of Envoy's route, and what it makes of a request: the hash is of the request as it goes upstream. */
  route?: Record<string, unknown>;
  changed?(path: string): { path?: string; headers?: Record<string, string> };
}

const numbers = Array.from({ length: 40 }, (_, i) => i);
const cases: Case[] = [
  {
    name: 'header',
    ours: [{ kind: 'header', name: 'X-Key' }],
    theirs: [{ header: { header_name: 'X-Key' } }],
    requests: numbers.map((i) => ({ headers: { 'x-key': `key ${i}` } })),
  },
  {
    name: 'path',
    ours: [{ kind: 'header', name: ':path' }],
    theirs: [{ header: { header_name: ':path' } }],
    requests: numbers.map((i) => ({ path: `/${i}?x=${i}` })),
  },
  {
    name: 'cookie',
    ours: [{ kind: 'cookie', name: 'sess' }],
    theirs: [{ cookie: { name: 'sess' } }],
    requests: [
      ...numbers.map((i) => ({ headers: { cookie: `a=b; sess=${i}; c="d"` } })),
      { headers: { cookie: 'sess="abc"' } },
      { headers: { cookie: 'sess=abc' } },
      { headers: { cookie: 'sess=a=b' } },
      { headers: { cookie: 'sess=first; sess=second' } },
    ],
  },
  {
    name: 'query',
    ours: [{ kind: 'queryParameter', name: 'u' }],
    theirs: [{ query_parameter: { name: 'u' } }],
    requests: [
      ...numbers.map((i) => ({ path: `?u=${i}` })),
      { path: '?u=a%20b' },
      { path: '?u=a+b' },
      { path: '?x=1&u=2&u=3' },
      { path: '?%75=escaped&u=plain' },
      { path: '?u=' },
      { path: '?u' },
      { path: '?u=with=equals' },
    ],
  },
  {
    name: 'source',
    ours: [{ kind: 'sourceIp' }],
    theirs: [{ connection_properties: { source_ip: true } }],
    requests: [{}],
  },
  {
    name: 'two',
    ours: [
      { kind: 'header', name: 'x-a' },
      { kind: 'header', name: 'x-b' },
    ],
    theirs: [{ header: { header_name: 'x-a' } }, { header: { header_name: 'x-b' } }],
    requests: numbers.map((i) => ({ headers: { 'x-a': `a${i}`, 'x-b': `b${i * 3}` } })),
  },
  {
    name: 'after-headers-change',
    ours: [{ kind: 'header', name: 'x-changed' }],
    theirs: [{ header: { header_name: 'x-changed' } }],
    requests: numbers.slice(0, 3).map((i) => ({ headers: { 'x-changed': `sent ${i}` } })),
    changed: () => ({ headers: { 'x-changed': 'by the route' } }),
  },
  {
    name: 'after-rewrite',
    ours: [{ kind: 'header', name: ':path' }],
    theirs: [{ header: { header_name: ':path' } }],
    requests: numbers.map((i) => ({ path: `/${i}` })),
    route: { prefix_rewrite: '/new' },
    changed: (path) => ({ path: path.replace('/after-rewrite', '/new') }),
  },
];

let endpoints: Endpoints;
let envoy: RunningEnvoy;
let envoyPort: number;
let balancer: Balancer;

before(async () => {
  endpoints = await startEndpoints(ENDPOINTS);
  envoyPort = await freePort();
  const routes = cases.map(({ name, theirs, route }) => ({
    match: { prefix: `/${name}` },
    route: { cluster: 'all', hash_policy: theirs, ...route },
    request_headers_to_add: [{ header: { key: 'x-changed', value: 'by the route' }, append_action: 2 }],
  }));
  const members = endpoints.ports.map((port) => ({ port }));
  const cluster = staticCluster('all', members, { lb_policy: 'MAGLEV' });
  envoy = await startEnvoy({ listeners: [httpListener(envoyPort, routes)], clusters: [cluster] });
  balancer = new Balancer({ ...clusterOf('all', endpoints.ports), loadBalancer: { policy: 'MAGLEV' } });
});

after(() => {
  envoy?.stop();
  endpoints?.close();
});

for (const { name, ours, theirs, requests, changed } of cases) {
  test(`${name}: ${JSON.stringify(theirs)}`, async () => {
    const hashOf = foldRequestHash(ours)!;
    for (const { path = '', headers = {} } of requests) {
      const whole = `/${name}${path}`;
      const upstream = { path: whole, headers, ...changed?.(whole) };
      const requestHeaders = new Headers(upstream.headers);
      const exchange = { path: upstream.path, clientAddress: '127.0.0.1', requestHeaders };
      const hash = hashOf(exchange as unknown as Exchange, []);
      assert.ok(hash, `no hash of ${whole}`);
      assert.equal(
        String(balancer.pick(hash)?.endpoint.port),
        (await ask(envoyPort, whole, headers)).body,
        `${whole} ${JSON.stringify(headers)}`,
      );
    }
  });
}
