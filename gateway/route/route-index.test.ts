import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Exchange } from '../exchange.ts';
import type { HeaderMatch, PathMatch, QueryParamMatch, Route, StringMatch } from '../snapshot.ts';
import { linearSearch } from './linear-search.ts';
import { RouteIndex } from './route-index.ts';

const ORIGIN = { kind: 'VirtualService', namespace: 'default', name: 'test' };

/** Few letters and short strings, so that matches, overlaps and near misses are common. */
const segment = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '/', '.'), maxLength: 4 });
const path = segment.map((tail) => `/${tail}`);
const regex = fc.constantFrom(
  '/a.*',
  '/[ab]+',
  '/a|/b',
  '.*',
  '.*b',
  '/a\\.b',
  '/(a|b)/.*',
  '^/a',
  '/ab?',
  '/ab+',
  '/a{1,2}',
  '',
);
const stringMatch: fc.Arbitrary<StringMatch> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('exact', 'prefix', 'suffix', 'contains'),
    value: segment,
    ignoreCase: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('regex' as const), value: fc.constantFrom('a.*', '[ab]*', 'a|b', '') }),
);
const valueMatch = fc.oneof(stringMatch, fc.constant({ kind: 'present' as const }));
const name = fc.constantFrom('x-one', 'x-two', ':method');
const headerMatch: fc.Arbitrary<HeaderMatch> = fc.record({ name, match: valueMatch, invert: fc.boolean() });
const queryMatch: fc.Arbitrary<QueryParamMatch> = fc.record({ name: fc.constantFrom('p', 'q'), match: valueMatch });
const pathMatch: fc.Arbitrary<PathMatch> = fc.oneof(
  fc.record({ kind: fc.constantFrom('exact' as const, 'prefix' as const), value: fc.oneof(path, fc.constant('')) }),
  fc.record({ kind: fc.constant('regex' as const), value: regex }),
);
const route: fc.Arbitrary<Route> = fc
  .record(
    {
      path: pathMatch,
      caseInsensitive: fc.boolean(),
      headers: fc.array(headerMatch, { maxLength: 3 }),
      queryParams: fc.array(queryMatch, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  .map((match) => ({ name: '', match, action: { kind: 'direct', status: 200 }, origin: ORIGIN }));

const lines = fc.array(segment, { minLength: 1, maxLength: 2 }).map((values) => values.join(', '));
const headers = fc.dictionary(fc.constantFrom('x-one', 'x-two'), lines);
const query = fc.constantFrom('', '?', '?p=a', '?q=b&p=a', '?p', '?pp=a&p=ab', '?p=&q=B');
const request = fc
  .record({ path, query, headers, method: fc.constantFrom('a', 'b', 'GET') })
  .map((parts) => exchangeOf(parts.path + parts.query, parts.headers, parts.method));

function exchangeOf(pathAndQuery: string, values: Record<string, string> = {}, method = 'GET'): Exchange {
  const requestHeaders = { get: (key: string) => values[key] ?? null };
  return {
    method,
    scheme: 'http',
    authority: 'a',
    path: pathAndQuery,
    requestHeaders,
    verified: new Map(),
  } as unknown as Exchange;
}

test('the index finds the route that a scan from the top finds, whatever the routes and the request', () => {
  fc.assert(
    fc.property(
      fc.array(route, { maxLength: 40 }),
      fc.array(request, { minLength: 1, maxLength: 10 }),
      (routes, requests) => {
        const index = new RouteIndex(routes);
        const scan = linearSearch(routes);
        for (const exchange of requests)
          assert.equal(routes.indexOf(index.find(exchange)!), routes.indexOf(scan(exchange)!));
      },
    ),
    { seed: 20261121, numRuns: 3000 },
  );
});

const routeOf = (match: Route['match']): Route => ({
  name: '',
  match,
  action: { kind: 'direct', status: 200 },
  origin: ORIGIN,
});

/** Reads of the request that a search makes: the measure of its work that no clock disturbs. */
function readsOf(routes: Route[], target: Exchange): number {
  let reads = 0;
  const counted = new Proxy(target, {
    get(object, key) {
      reads++;
      return Reflect.get(object, key) as unknown;
    },
  });
  assert.equal(new RouteIndex(routes).find(counted), routes.at(-1));
  return reads;
}

const SHAPES: Record<string, { route: (n: number) => Route; request: (n: number) => Exchange }> = {
  prefixes: {
    route: (n) => routeOf({ path: { kind: 'prefix', value: `/p${n}/` } }),
    request: (n) => exchangeOf(`/p${n}/x`),
  },
  'exact paths': {
    route: (n) => routeOf({ path: { kind: 'exact', value: `/p${n}` } }),
    request: (n) => exchangeOf(`/p${n}`),
  },
  regexes: {
    route: (n) => routeOf({ path: { kind: 'regex', value: `/p${n}/[a-z]+/x` } }),
    request: (n) => exchangeOf(`/p${n}/abc/x`),
  },
  'header values': {
    route: (n) => routeOf({ headers: [{ name: 'x-user', match: { kind: 'exact', value: `u${n}` } }] }),
    request: (n) => exchangeOf('/', { 'x-user': `u${n}` }),
  },
  'header and path': {
    route: (n) =>
      routeOf({
        path: { kind: 'prefix', value: '/' },
        headers: [
          { name: ':method', match: { kind: 'exact', value: 'GET' } },
          { name: 'x-user', match: { kind: 'prefix', value: `u${n}-` } },
        ],
      }),
    request: (n) => exchangeOf('/', { 'x-user': `u${n}-` }),
  },
  'query parameters': {
    route: (n) => routeOf({ queryParams: [{ name: 'user', match: { kind: 'exact', value: `u${n}` } }] }),
    request: (n) => exchangeOf(`/?user=u${n}`),
  },
};

for (const [shape, { route: make, request: ask }] of Object.entries(SHAPES)) {
  test(`the work of a search does not grow with the number of routes: ${shape}`, () => {
    const work = (count: number) =>
      readsOf(
        Array.from({ length: count }, (_, n) => make(n)),
        ask(count - 1),
      );
    assert.equal(work(10_000), work(100));
  });
}
