/** Random route tables and random requests, at our gateway and in a real Envoy: the same route, the same request beyond it, the same answer. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { HeaderOperation, Route, VirtualHost } from '../../gateway/snapshot.ts';
import { type Echo, type Seen, startEcho } from '../support/echo.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { type FilterEnvoy, startFilterEnvoy } from '../support/envoy-filters.ts';
import { envoyVirtualHost, ROUTE_FILTERS } from '../support/envoy-routes.ts';
import { headerOf, sendRaw } from '../support/raw-http.ts';
import { clusterOf, ORIGIN, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

const SEED = Number(process.env.BOWSPRIT_FUZZ_SEED ?? 20261121);
const TABLES = 60;
const REQUESTS_PER_TABLE = 25;

/** Few letters and short strings, so that matches, overlaps and near misses are common. */
const segment = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '/', '.'), maxLength: 4 });
const path = segment.map((tail) => `/${tail}`);
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'B'), minLength: 1, maxLength: 2 });
const valueMatch = fc.oneof(
  fc.record({ kind: fc.constantFrom('exact' as const, 'prefix' as const, 'suffix' as const), value: word }),
  fc.record({ kind: fc.constant('regex' as const), value: fc.constantFrom('a.*', '[ab]*', 'a|b') }),
  fc.constant({ kind: 'present' as const }),
);
const pathMatch = fc.oneof(
  fc.record({ kind: fc.constantFrom('exact' as const, 'prefix' as const), value: path }),
  fc.record({
    kind: fc.constant('regex' as const),
    value: fc.constantFrom('/a.*', '/[ab]+', '/a|/b', '.*b', '/(a|b)/.*'),
  }),
);
const match = fc.record(
  {
    path: pathMatch,
    caseInsensitive: fc.boolean(),
    headers: fc.array(
      fc.record({ name: fc.constantFrom('x-one', 'x-two', ':method'), match: valueMatch, invert: fc.boolean() }),
      { maxLength: 2 },
    ),
    queryParams: fc.array(fc.record({ name: fc.constantFrom('p', 'q'), match: valueMatch }), { maxLength: 1 }),
  },
  { requiredKeys: [] },
);
const format = fc.constantFrom('plain', '%REQ(x-one)%', '%REQ(x-none?x-two)%', '50%%', '[%PROTOCOL%]', '%REQ(:path)%');
const pair = fc.tuple(fc.constantFrom('x-one', 'x-new', 'X-Other'), format);
const operation: fc.Arbitrary<HeaderOperation> = fc.record(
  {
    set: fc.array(pair, { maxLength: 2 }),
    add: fc.array(pair, { maxLength: 2 }),
    remove: fc.array(fc.constantFrom('x-one', 'x-two', 'x-echo'), { maxLength: 1 }),
  },
  { requiredKeys: [] },
);
const rewrite = fc.oneof(
  fc.record({ prefix: path, authority: fc.constant('other.example.com') }, { requiredKeys: ['prefix'] }),
  fc
    .constantFrom(['a', 'x'], ['/(a|b)', '/z\\1'], ['^/([^/]+)(/.*)$', '\\2/\\1'], ['a', '/z\\1'])
    .map(([pattern, substitution]) => ({ regex: { pattern: pattern!, substitution: substitution! } })),
);
const action = fc.oneof(
  fc.constant({ kind: 'direct' as const, status: 200 }),
  fc.option(rewrite, { nil: undefined }).map((rewritten) => ({
    kind: 'forward' as const,
    destinations: [{ cluster: 'up', weight: 100 }],
    timeoutMs: 0,
    ...(rewritten && { rewrite: rewritten }),
  })),
  fc.record(
    {
      kind: fc.constant('redirect' as const),
      status: fc.constantFrom(301 as const, 302 as const, 303 as const, 307 as const, 308 as const),
      path: fc.constantFrom('/elsewhere', '/else?where=1'),
      authority: fc.constantFrom('else.example.com'),
      scheme: fc.constantFrom('https', 'http'),
      port: fc.constantFrom(80, 443, 8443),
    },
    { requiredKeys: ['kind', 'status'] },
  ),
);
/** All or nothing: two proxies draw differently. */
const always = fc.constantFrom(0, 100);
const fault = fc.record(
  {
    abort: fc.oneof(
      fc.record({ percentage: always, httpStatus: fc.constantFrom(418, 503, 200) }),
      fc.record({ percentage: always, grpcStatus: fc.constantFrom(7, 14) }),
    ),
    delay: fc.record({ percentage: always, fixedDelayMs: fc.constant(1) }),
  },
  { requiredKeys: [] },
);
const origin = fc.constantFrom('https://a.example.com', 'https://b.example.com', '*', 'null');
const cors = fc.record(
  {
    allowOrigins: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constantFrom('exact' as const, 'prefix' as const), value: origin }),
        fc.record({ kind: fc.constant('regex' as const), value: fc.constantFrom('.*', 'https://[ab].*', '.*\\.com') }),
      ),
      { maxLength: 2 },
    ),
    allowMethods: fc.constantFrom('GET', 'GET,POST', '*'),
    allowHeaders: fc.constantFrom('x-one', '*'),
    exposeHeaders: fc.constantFrom('x-echo', '*'),
    maxAge: fc.constantFrom('0', '600'),
    allowCredentials: fc.boolean(),
    forwardNotMatchingPreflights: fc.boolean(),
  },
  { requiredKeys: ['allowOrigins', 'forwardNotMatchingPreflights'] },
);
const headers = fc.record({ request: operation, response: operation });
const table = fc
  .array(fc.record({ match, action, headers, fault, cors }, { requiredKeys: ['match', 'action', 'headers'] }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((routes) => routes.map((route, index) => named({ ...route, name: '', origin: ORIGIN }, index)));

/** The answer of a direct response says which route it was. */
function named(route: Route, index: number): Route {
  if (route.action.kind !== 'direct') return route;
  return { ...route, action: { ...route.action, body: { string: `route ${index}` } } };
}

const piece = fc.constantFrom(
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2F',
  '%5c',
  '\\',
  'a',
  'b',
  'B',
  '%61',
  ';x',
  '%25',
  '~',
  '*',
  '%7E',
);
const target = fc
  .tuple(
    fc.oneof(
      path,
      fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`),
    ),
    fc.constantFrom('', '?', '?p=a', '?q=b&p=a', '?p', '?pp=a&p=ab', '?p=&q=B', '?p=%61'),
  )
  .map((parts) => parts.join(''));
const line = fc.oneof(
  fc.tuple(fc.constantFrom('x-one', 'X-Two', 'x-envoy-original-path', 'x-new', 'access-control-request-headers'), word),
  fc.tuple(fc.constant('origin'), fc.constantFrom('https://a.example.com', 'https://c.example.org', 'null', '')),
  fc.tuple(fc.constant('access-control-request-method'), fc.constantFrom('GET', 'PATCH', '')),
  fc.constant(['content-type', 'application/grpc'] as [string, string]),
);
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS'),
  target,
  lines: fc.uniqueArray(line, { selector: ([name]) => name, maxLength: 4 }),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

const hostOf = (index: number) => `t${index}.example.com`;
const virtualHosts: VirtualHost[] = fc
  .sample(table, { seed: SEED, numRuns: TABLES })
  .map((routes, index) => virtualHostOf(hostOf(index), routes));

let echo: Echo;
let edge: Edge;
let envoy: FilterEnvoy;
before(async () => {
  echo = await startEcho();
  edge = await startEdge(snapshotOf(virtualHosts, [clusterOf('up', [echo.port])]));
  const routes = { virtual_hosts: virtualHosts.map(envoyVirtualHost) };
  envoy = await startFilterEnvoy(ROUTE_FILTERS, echo.port, { server_name: 'istio-envoy', route_config: routes });
});
after(async () => {
  await edge.stop();
  envoy.stop();
  echo.stop();
});

const SEEN = /^(location|server|vary|grpc-|access-control-|x-(one|two|new|other))/;

/** What a client and an upstream can see of it; dates, ids and times differ between any two proxies. */
async function outcome(port: number, host: string, { method, target: path, lines }: Request) {
  const head = [`${method} ${path} HTTP/1.1`, `host: ${host}`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  const answer = await sendRaw(port, method === 'POST' ? [...head, 'content-length: 0'] : head);
  const seen = headerOf(answer, 'content-type') === 'application/json' ? (JSON.parse(answer!.body) as Seen) : undefined;
  const ours = Object.entries(seen?.headers ?? {}).filter(([name]) => /^x-(one|two|new|other|envoy)/.test(name));
  return {
    status: answer?.status,
    headers: answer?.headers.filter(([name]) => SEEN.test(name)).sort(),
    body: seen ? undefined : answer?.body,
    upstream: seen && { method: seen.method, path: seen.path, authority: seen.authority, headers: ours.sort() },
  };
}

/** A rewrite may put them together; the runtime resolves them on the way upstream (BSP0905). */
const DOT_SEGMENT = /\/\.{1,2}(?:[/?]|$)/;

test(`${TABLES} random tables give what Envoy gives for ${REQUESTS_PER_TABLE} requests each`, async () => {
  const differences: object[] = [];
  for (const [index, { routes }] of virtualHosts.entries()) {
    for (const asked of fc.sample(request, { seed: SEED + index, numRuns: REQUESTS_PER_TABLE })) {
      const ask = (port: number) => outcome(port, hostOf(index), asked);
      const [theirs, ours] = await Promise.all([ask(envoy.port), ask(edge.port(80))]);
      if (DOT_SEGMENT.test(theirs.upstream?.path ?? '')) continue;
      if (!isDeepStrictEqual(ours, theirs)) differences.push({ asked, theirs, ours, routes });
    }
  }
  assert.equal(differences.length, 0, JSON.stringify(differences.slice(0, 4000)));
});
