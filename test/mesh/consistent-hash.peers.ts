/**
 * consistentHash from a user's YAML to the endpoint, beside an Envoy that is set as Istio sets it for the same rule: headers,
 * parameters, client addresses and cookies, with what is put on the answer.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { compiled } from '../support/compiled.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { GATEWAY, localEndpoint, routesOf, serviceEntry } from '../support/resources.ts';
import { type Endpoints, startEndpoints } from './endpoints.ts';

interface Case {
  name: string;
  /** consistentHash of the DestinationRule. */
  rule: string;
  /** Envoy's hash_policy and cluster for it. */
  policy: unknown;
  cluster: Record<string, unknown>;
  /** What tells request `i` from the others. */
  ask(i: number): { query?: string; headers?: Record<string, string>; from?: string };
}

const RING = { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 1024 } };
const maglev = (table_size: number) => ({ lb_policy: 'MAGLEV', maglev_lb_config: { table_size } });
const cookie = (name: string, fields = {}) => ({ cookie: { name, ...fields } });
const withCookie = (i: number) => ({ headers: { cookie: `a=b; kept=${i}` } });

const cases: Case[] = [
  {
    name: 'header',
    rule: 'httpHeaderName: X-User, maglev: {}',
    policy: { header: { header_name: 'x-user' } },
    cluster: { lb_policy: 'MAGLEV' },
    ask: (i) => ({ headers: { 'x-user': `user ${i}` } }),
  },
  {
    name: 'small-ring',
    rule: 'httpHeaderName: x-user, ringHash: {minimumRingSize: 64}',
    policy: { header: { header_name: 'x-user' } },
    cluster: { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 64 } },
    ask: (i) => ({ headers: { 'x-user': `user ${i}` } }),
  },
  {
    name: 'old-ring-size',
    rule: 'httpHeaderName: x-user, minimumRingSize: 2048',
    policy: { header: { header_name: 'x-user' } },
    cluster: { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 2048 } },
    ask: (i) => ({ headers: { 'x-user': `user ${i}` } }),
  },
  {
    name: 'small-table',
    rule: 'httpHeaderName: x-user, maglev: {tableSize: 251}',
    policy: { header: { header_name: 'x-user' } },
    cluster: maglev(251),
    ask: (i) => ({ headers: { 'x-user': `user ${i}` } }),
  },
  {
    name: 'parameter',
    rule: 'httpQueryParameterName: user',
    policy: { query_parameter: { name: 'user' } },
    cluster: RING,
    ask: (i) => ({ query: `?a=1&user=${i}%20x&user=other` }),
  },
  {
    name: 'address',
    rule: 'useSourceIp: true',
    policy: { connection_properties: { source_ip: true } },
    cluster: RING,
    ask: (i) => ({ from: `127.0.0.${i + 2}` }),
  },
  {
    name: 'cookie',
    rule: 'httpCookie: {name: kept, path: /cookie, ttl: 60s}',
    policy: cookie('kept', { path: '/cookie', ttl: '60s' }),
    cluster: RING,
    ask: withCookie,
  },
  {
    name: 'session-cookie',
    rule: 'httpCookie: {name: kept, ttl: 0s}, maglev: {}',
    policy: cookie('kept', { ttl: '0s' }),
    cluster: { lb_policy: 'MAGLEV' },
    ask: withCookie,
  },
  {
    name: 'cookie-attributes',
    rule: 'httpCookie: {name: kept, path: /, ttl: 3600s, attributes: [{name: SameSite, value: Lax}, {name: Secure}]}',
    policy: cookie('kept', {
      path: '/',
      ttl: '3600s',
      attributes: [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }],
    }),
    cluster: RING,
    ask: withCookie,
  },
  {
    name: 'given-cookie',
    rule: 'httpCookie: {name: kept}',
    policy: cookie('kept'),
    cluster: RING,
    ask: withCookie,
  },
];

let endpoints: Endpoints;
let envoy: RunningEnvoy;
let envoyPort: number;
let edge: Edge;

const route = ({ name }: Case) =>
  `  - {match: [{uri: {exact: /${name}}}], route: [{destination: {host: ${name}.example.com}}]}`;

const yaml = () => `${GATEWAY}${routesOf(cases.map(route))}${cases.map(rule).join('\n')}
`;

const rule = ({ name, rule }: Case) => `${serviceEntry(name, endpoints.ports.map(localEndpoint))}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}}
spec: {host: ${name}.example.com, trafficPolicy: {loadBalancer: {consistentHash: {${rule}}}}}`;

before(async () => {
  endpoints = await startEndpoints(7);
  envoyPort = await freePort();
  const routes = cases.map(({ name, policy }) => ({
    match: { path: `/${name}` },
    route: { cluster: name, hash_policy: [policy] },
  }));
  const members = endpoints.ports.map((port) => ({ port }));
  envoy = await startEnvoy({
    listeners: [httpListener(envoyPort, routes)],
    clusters: cases.map(({ name, cluster }) => staticCluster(name, members, cluster)),
  });
  const { snapshot, findings } = compiled({ text: yaml() });
  assert.deepEqual(
    findings.filter(({ level }) => level === 'error'),
    [],
  );
  edge = await startEdge(snapshot);
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  endpoints?.close();
});

interface Answer {
  /** The endpoint's port. */
  chosen: string;
  cookies: string[];
}

function send(
  port: number,
  name: string,
  { query = '', headers = {}, from }: ReturnType<Case['ask']>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: `/${name}${query}`, headers, agent: false, timeout: 10_000 };
    const sent = request({ ...options, ...(from && { localAddress: from }) }, (answer) => {
      let chosen = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        chosen += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ chosen, cookies: answer.headers['set-cookie'] ?? [] }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer'))).on('error', reject);
    sent.end();
  });
}

for (const { name, rule, ask } of cases)
  test(`${name}: {${rule}}`, async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const theirs = await send(envoyPort, name, ask(i));
      assert.deepEqual(await send(edge.port(80), name, ask(i)), theirs, `request ${i}`);
      seen.add(theirs.chosen);
    }
    assert.ok(seen.size > 3, 'all went to the same few');
  });

for (const { name } of cases.filter(({ name }) => name.includes('cookie')))
  test(`${name}: who has none is given one that means the same endpoint to both`, async () => {
    const [ours, theirs] = [await send(edge.port(80), name, {}), await send(envoyPort, name, {})];
    const masked = ({ cookies }: Answer) => cookies.map((line) => line.replace(/"[0-9a-f]{1,16}"/, '"…"'));
    assert.deepEqual(masked(ours), masked(theirs));
    for (const { cookies, chosen } of [ours, theirs]) {
      const [given] = cookies;
      if (given === undefined) continue;
      const headers = { cookie: given.split(';')[0]! };
      for (const port of [edge.port(80), envoyPort])
        assert.deepEqual(await send(port, name, { headers }), { chosen, cookies: [] });
    }
  });
