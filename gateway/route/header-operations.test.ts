import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { forwardTo } from '../../test/support/snapshot.ts';
import { fakeExchange } from '../authn/fixture.ts';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import { RequestHeaderView } from '../listener/request-header-view.ts';
import type { ForwardAction, HeaderOperation } from '../snapshot.ts';
import { foldHeaderOperations, foldRouteHeaders } from './header-operations.ts';

const applied = (operations: HeaderOperation[], headers: Record<string, string>) => {
  const view = new CopyOnWriteHeaders(new Headers(headers), true);
  foldHeaderOperations(...operations)?.(view, fakeExchange({ headers }));
  return Object.fromEntries(view.entries());
};

test('remove comes first, then set, then add', () => {
  const operation: HeaderOperation = { add: [['X-Both', 'add']], set: [['x-both', 'set']], remove: ['X-BOTH'] };
  assert.deepEqual(applied([operation], { 'x-both': 'client' }), { 'x-both': 'set, add' });
});

test('what Envoy has one line for gets no other one', () => {
  const add: [string, string][] = [
    ['x-forwarded-for', 'new'],
    ['x-other', 'new'],
  ];
  const headers = { 'x-forwarded-for': 'old', 'x-other': 'old' };
  assert.deepEqual(applied([{ add }], headers), { 'x-forwarded-for': 'old,new', 'x-other': 'old, new' });
  assert.deepEqual(applied([{ add }], {}), { 'x-forwarded-for': 'new', 'x-other': 'new' });
});

test('values are rendered before anything is set', () => {
  const operation: HeaderOperation = {
    set: [
      ['x-a', 'new'],
      ['x-b', '%REQ(x-a)%'],
    ],
  };
  assert.deepEqual(applied([operation], { 'x-a': 'old' }), { 'x-a': 'new', 'x-b': 'old' });
});

test('an operator without a value leaves the header alone', () => {
  assert.deepEqual(applied([{ set: [['x-a', '%REQ(x-none)%']] }], { 'x-a': 'old' }), { 'x-a': 'old' });
});

test('nothing to do folds to nothing', () => assert.equal(foldHeaderOperations(undefined, {}), undefined));

test('with one destination it wins over the route, with several the route wins', () => {
  const level = (value: string) => ({ response: { set: [['x-a', value]] as [string, string][] } });
  const route = forwardTo('up', { headers: level('route') });
  const result = (destinations: ForwardAction['destinations']) => {
    const view = new CopyOnWriteHeaders(new Headers(), true);
    const whole = { ...route, action: { ...route.action, destinations } as ForwardAction };
    foldRouteHeaders(whole)?.(view, fakeExchange());
    return view.get('x-a');
  };
  const destination = { cluster: 'up', weight: 100, headers: level('destination') };
  assert.equal(result([destination]), 'destination');
  assert.equal(result([destination, { cluster: 'other', weight: 0 }]), 'route');
});

type Change = ['set' | 'append', string, string] | ['remove', string];
const name = fc.constantFrom('x-a', 'x-b', 'x-c', 'host');
const value = fc.constantFrom('1', '2', '');
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.constantFrom('set' as const, 'append' as const), name, value),
  fc.tuple(fc.constant('remove' as const), name),
);

test('the view of the request’s headers always agrees with plain Headers, and leaves the client’s alone', () => {
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.array(change), (initial, changes) => {
      const source = new Headers(initial);
      const view = new RequestHeaderView(source);
      const plain = new Headers(initial);
      for (const [kind, key, content] of changes) {
        if (kind === 'remove') plain.delete(key);
        else plain[kind](key, content);
        if (kind === 'remove') view.remove(key);
        else view[kind](key, content);
        for (const one of ['x-a', 'x-b', 'x-c', 'host']) {
          assert.equal(view.get(one), plain.get(one));
          assert.equal(view.has(one), plain.has(one));
        }
      }
      assert.deepEqual([...view.headers()], [...plain]);
      assert.deepEqual([...source], [...new Headers(initial)]);
    }),
    { seed: 20261121, numRuns: 1000 },
  );
});

test('the first of several lines stays known when lines are appended', () => {
  const view = new RequestHeaderView(new Headers({ 'x-a': 'one' }));
  view.append('x-a', 'two');
  assert.deepEqual([view.first('x-a'), view.get('x-a')], ['one', 'one, two']);
});
