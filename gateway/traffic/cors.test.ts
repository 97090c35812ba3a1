import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, LocalReply } from '../exchange.ts';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import type { RouteScope } from '../phases.ts';
import type { Cors } from '../snapshot.ts';
import { corsPhase } from './cors.ts';

const base: Cors = { allowOrigins: [{ kind: 'exact', value: 'https://a.org' }], forwardNotMatchingPreflights: true };
const fold = (cors: Partial<Cors>, action = 'forward') =>
  corsPhase.fold({ route: { cors: { ...base, ...cors }, action: { kind: action } } } as unknown as RouteScope);

function exchange(method: string, headers: Record<string, string>, response: Record<string, string> = {}): Exchange {
  return {
    method,
    requestHeaders: new CopyOnWriteHeaders(new Headers(headers), true),
    responseHeaders: new CopyOnWriteHeaders(new Headers(response), true),
  } as unknown as Exchange;
}
const preflight = (origin: string, more: Record<string, string> = {}) =>
  exchange('OPTIONS', { origin, 'access-control-request-method': 'PUT', ...more });
const replyTo = (cors: Partial<Cors>, x: Exchange) => fold(cors)[0]!.request!(x) as LocalReply | undefined;
const headersOf = (reply: LocalReply | undefined) => Object.fromEntries(reply?.headers ?? []);

test('a redirect has no CORS', () => assert.deepEqual(fold({}, 'redirect'), []));

test('a known origin is answered here, bare, whatever method it asks for', () => {
  const reply = replyTo({ allowMethods: 'GET,POST', maxAge: '10', exposeHeaders: 'x' }, preflight('https://a.org'));
  assert.deepEqual([reply?.status, reply?.body, reply?.bare], [200, '', true]);
  assert.deepEqual(headersOf(reply), {
    'access-control-allow-origin': 'https://a.org',
    'access-control-allow-methods': 'GET,POST',
    'access-control-expose-headers': 'x',
    'access-control-max-age': '10',
  });
});

test('a list of * echoes what was asked for, the empty text when nothing was', () => {
  const star = { allowMethods: '*', allowHeaders: '*' };
  const asked = preflight('https://a.org', { 'access-control-request-headers': 'x-a' });
  assert.equal(headersOf(replyTo(star, asked))['access-control-allow-headers'], 'x-a');
  const headers = headersOf(replyTo(star, preflight('https://a.org')));
  assert.deepEqual([headers['access-control-allow-methods'], headers['access-control-allow-headers']], ['PUT', '']);
});

test('an unknown origin goes upstream, or gets an answer that allows nobody', () => {
  assert.equal(replyTo({}, preflight('https://evil.org')), undefined);
  const ignore = {
    forwardNotMatchingPreflights: false,
    allowMethods: 'GET',
    exposeHeaders: 'x',
    allowCredentials: true,
  };
  assert.deepEqual(headersOf(replyTo(ignore, preflight('https://evil.org'))), {
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET',
  });
});

test('no origin, or no method asked for: not a preflight', () => {
  assert.equal(replyTo({}, exchange('OPTIONS', { 'access-control-request-method': 'GET' })), undefined);
  assert.equal(replyTo({}, exchange('OPTIONS', { origin: 'https://a.org' })), undefined);
});

test('exact * and regex .* take every origin', () => {
  for (const kind of ['exact', 'regex'] as const) {
    const allowOrigins = [{ kind, value: kind === 'exact' ? '*' : '.*' }];
    assert.equal(headersOf(replyTo({ allowOrigins }, preflight('null')))['access-control-allow-origin'], 'null');
  }
});

test('the answer from upstream gets the origin over its own, the other headers stay', () => {
  const [step] = fold({ allowCredentials: true, exposeHeaders: 'x-e', allowMethods: 'GET' });
  const own = { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'PUT' };
  const x = exchange('GET', { origin: 'https://a.org' }, own);
  assert.equal(step!.request!(x), undefined);
  x.requestHeaders.set('origin', 'changed by the router');
  step!.response!(x);
  assert.deepEqual(Object.fromEntries(x.responseHeaders.entries()), {
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'PUT',
    'access-control-allow-origin': 'https://a.org',
    'access-control-expose-headers': 'x-e',
  });
});

test('an unknown origin leaves the answer alone', () => {
  const [step] = fold({});
  const x = exchange('GET', { origin: 'https://A.org' });
  step!.request!(x);
  step!.response!(x);
  assert.deepEqual([...x.responseHeaders.entries()], []);
});
