/** What is made ready before a Snapshot serves is not left to its first request; counted in looks at routes, which no clock disturbs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardTo, snapshotOf, virtualHostOf } from '../../test/support/snapshot.ts';
import { Gateway } from '../gateway.ts';
import type { HttpExchange } from '../listener/http-exchange.ts';
import { finish } from '../sliced.ts';
import type { Route, Snapshot } from '../snapshot.ts';

const COUNT = 20_000;

const SHAPES: Record<string, { match: (n: number) => Route['match']; path: string; user?: string }> = {
  prefixes: { match: (n) => ({ path: { kind: 'prefix', value: `/p${n}/` } }), path: '/p777/x' },
  'exact paths': { match: (n) => ({ path: { kind: 'exact', value: `/p${n}` } }), path: '/p777' },
  regexes: { match: (n) => ({ path: { kind: 'regex', value: `/p${n}/[a-z]+` } }), path: '/p777/x' },
  'header values': {
    match: (n) => ({ headers: [{ name: 'x-user', match: { kind: 'exact', value: `u${n}` } }] }),
    path: '/',
    user: 'u777',
  },
};

/** A Snapshot of one host, with a count of the looks at what its routes ask for. */
function scene(match: (n: number) => Route['match']): { snapshot: Snapshot; looks: () => number } {
  let looks = 0;
  const routes = Array.from({ length: COUNT }, (_, n): Route => {
    const { match: _match, ...route } = forwardTo('up');
    const asked = match(n);
    return Object.defineProperty(route as Route, 'match', {
      enumerable: true,
      get: () => {
        looks++;
        return asked;
      },
    });
  });
  const count = () => {
    const before = looks;
    looks = 0;
    return before;
  };
  return { snapshot: snapshotOf([virtualHostOf('app.test', routes)]), looks: count };
}

const ask = (gateway: Gateway, path: string, user = ''): HttpExchange => {
  const requestHeaders = { get: () => user };
  const exchange = { method: 'GET', scheme: 'http', authority: 'app.test', path, requestHeaders, verified: new Map() };
  gateway
    .listener(80)
    ?.server(undefined)
    .table.find('app.test')
    ?.choose(exchange as unknown as HttpExchange);
  return exchange as unknown as HttpExchange;
};

for (const [shape, { match, path, user }] of Object.entries(SHAPES)) {
  test(`the first request of a warm gateway looks at the routes that it can match only: ${shape}`, () => {
    const { snapshot, looks } = scene(match);
    const gateway = new Gateway(snapshot);
    finish(gateway.warm());
    assert.ok(looks() >= COUNT);
    ask(gateway, path, user);
    assert.ok(looks() <= 10);
  });
}

test('the work is done in pieces that do not grow with the number of routes', () => {
  const { snapshot, looks } = scene((n) => ({ path: { kind: 'prefix', value: `/p${n}/` } }));
  const pieces: number[] = [];
  for (const _ of new Gateway(snapshot).warm()) pieces.push(looks());
  assert.ok(pieces.length >= 4);
  assert.ok(Math.max(...pieces) <= 15_000, `${pieces}`);
});

test('a host that the next Snapshot has unchanged keeps its index', () => {
  const { snapshot, looks } = scene((n) => ({ path: { kind: 'exact', value: `/p${n}` } }));
  finish(new Gateway(snapshot).warm());
  looks();
  const [host] = snapshot.routeTables['http.80']!.virtualHosts;
  const next = new Gateway(snapshotOf([host!, virtualHostOf('new.test', [])]));
  finish(next.warm());
  ask(next, '/p777');
  assert.ok(looks() <= 10);
});
