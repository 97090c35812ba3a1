/**
 * Tokens good and bad at every place, at ours and in a real Envoy with the requirement that Istio writes: status, text, and
 * what is left of the request must be the same.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { fakeExchange, providerOf, signer } from '../../gateway/authn/fixture.ts';
import { jwtStep } from '../../gateway/authn/phase.ts';
import type { LocalReply } from '../../gateway/exchange.ts';
import type { JwtProvider } from '../../gateway/snapshot.ts';
import { type Seen, startEcho } from '../support/echo.ts';
import { type FilterEnvoy, startFilterEnvoy } from '../support/envoy-filters.ts';
import { headerOf, sendRaw } from '../support/raw-http.ts';

const echo = await startEcho();
const running: FilterEnvoy[] = [];
after(() => {
  for (const envoy of running) envoy.stop();
  echo.stop();
});

const one = await signer('RS256', 'k1');
const two = await signer('ES256', 'k2');
const hour = Math.floor(Date.now() / 1_000) + 3_600;
const good = await one.sign({
  iss: 'i1',
  sub: 'a',
  aud: ['x', 'https://app/'],
  exp: hour,
  n: 1.5,
  deep: { list: ['é'] },
});
const TOKENS = [
  good,
  await one.sign({ iss: 'i1', sub: 'b', aud: 'app', role: true }),
  await two.sign({ iss: 'i2', sub: 'z', n: -3 }),
  await one.sign({ iss: 'i1', aud: 'app', exp: 1_000 }),
  await one.sign({ iss: 'i1', aud: 'other' }),
  await one.sign({ iss: 'zz' }),
  await two.sign({ iss: 'i1', aud: 'app' }, { kid: 'k9' }),
  `${good.slice(0, -8)}AAAAAAAA`,
  'bad',
  `${good}.x`,
  '',
];

const first = (fields: Partial<JwtProvider> = {}): JwtProvider =>
  providerOf([one.jwk], { name: 'origins-0', issuer: 'i1', audiences: ['app'], ...fields });
const second = (fields: Partial<JwtProvider> = {}): JwtProvider =>
  providerOf([two.jwk], { name: 'origins-1', issuer: 'i2', ...fields });
const outputs: Partial<JwtProvider> = {
  outputPayloadToHeader: 'x-payload',
  outputClaimToHeaders: ['sub', 'n', 'role', 'deep', 'deep.list', 'none'].map((claim, index) => ({
    header: `x-claim-${index}`,
    claim,
  })),
};
const at = (name: string, prefix = '') => ({ fromHeaders: [{ name, prefix }] });

const SETS: Record<string, JwtProvider[]> = {
  'one rule': [first(outputs)],
  'one rule, several places': [
    first({
      fromHeaders: [at('x-one').fromHeaders[0]!, at('x-two', 'Token ').fromHeaders[0]!],
      fromParams: ['t'],
      fromCookies: ['c'],
    }),
  ],
  'two rules, the same places': [
    first(outputs),
    second({ outputClaimToHeaders: [{ header: 'x-other', claim: 'sub' }] }),
  ],
  'two rules, each its place': [first(at('x-one')), second({ ...at('x-two'), forwardOriginalToken: true })],
};

function jwtAuthn(providers: JwtProvider[]): Record<string, unknown> {
  const named = (index: number) => ({ provider_name: `origins-${index}` });
  const any = (...requirements: object[]) => ({ requires_any: { requirements } });
  const optional = providers.map((_, index) => any(named(index), { allow_missing: {} }));
  const requires =
    providers.length === 1
      ? optional[0]!
      : any(...providers.map((_, index) => named(index)), { requires_all: { requirements: optional } });
  return {
    '@type': 'http.jwt_authn.v3.JwtAuthentication',
    providers: Object.fromEntries(providers.map((provider, index) => [`origins-${index}`, envoyProvider(provider)])),
    rules: [{ match: { prefix: '/' }, requires }],
    bypass_cors_preflight: true,
  };
}

function envoyProvider(provider: JwtProvider): object {
  return {
    issuer: provider.issuer,
    audiences: provider.audiences,
    local_jwks: { inline_string: provider.jwks },
    from_headers: provider.fromHeaders.map(({ name, prefix }) => ({ name, value_prefix: prefix })),
    from_params: provider.fromParams,
    from_cookies: provider.fromCookies,
    forward: provider.forwardOriginalToken,
    ...(provider.outputPayloadToHeader && { forward_payload_header: provider.outputPayloadToHeader }),
    claim_to_headers: provider.outputClaimToHeaders.map(({ header, claim }) => ({
      header_name: header,
      claim_name: claim,
    })),
    payload_in_metadata: 'payload',
  };
}

const maybe = fc.option(fc.constantFrom(...TOKENS), { nil: undefined, freq: 2 });
const requests = fc.record({
  bearer: maybe,
  scheme: fc.constantFrom('Bearer ', 'Bearer ', 'bearer ', 'Basic x, Bearer '),
  one: maybe,
  two: maybe,
  prefix: fc.constantFrom('Token ', 'pre Token  ', 'token ', ''),
  param: maybe,
  name: fc.constantFrom('t', 'access_token', 'access%5Ftoken'),
  query: fc.constantFrom('', 'b=1&a=%41+x', 'y&z=%2F%3d', 'a=1;b=2'),
  cookie: maybe,
});
type Asked = typeof requests extends fc.Arbitrary<infer T> ? T : never;

function written(asked: Asked): { path: string; headers: Record<string, string> } {
  const headers: Record<string, string> = { 'x-claim-0': 'forged', 'x-other': 'forged' };
  if (asked.bearer !== undefined) headers.authorization = asked.scheme + asked.bearer;
  if (asked.one) headers['x-one'] = asked.one;
  if (asked.two !== undefined) headers['x-two'] = asked.prefix + asked.two;
  if (asked.cookie !== undefined) headers.cookie = `a=1; c=${asked.cookie}; d`;
  const pairs = [asked.query, asked.param === undefined ? '' : `${asked.name}=${asked.param}`].filter((pair) => pair);
  return { path: pairs.length > 0 ? `/p?${pairs.join('&')}` : '/p', headers: trimmed(headers) };
}

/** What any HTTP parser does to values before we see them. */
function trimmed(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]));
}

for (const [name, providers] of Object.entries(SETS)) {
  test(name, { timeout: 120_000 }, async () => {
    const envoy = await startFilterEnvoy([jwtAuthn(providers)], echo.port);
    running.push(envoy);
    const step = jwtStep({ kind: 'jwt_authn', providers }, false);
    const check = async (asked: Asked) => {
      const { path, headers } = written(asked);
      const exchange = fakeExchange({ path, headers, authority: 'a' });
      const reply = (await step.request!(exchange)) as LocalReply | undefined;
      const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}`);
      const theirs = await sendRaw(envoy.port, [`GET ${path} HTTP/1.1`, 'host: a', ...lines]);
      assert.equal(reply?.status ?? 200, theirs?.status);
      if (reply) {
        assert.equal(reply.body, theirs?.body);
        assert.equal(reply.headers?.[0]?.[1], headerOf(theirs, 'www-authenticate'));
        return;
      }
      const seen = JSON.parse(theirs!.body) as Seen;
      assert.equal(exchange.path, seen.path);
      for (const key of ['authorization', 'cookie', 'x-one', 'x-two', 'x-payload', 'x-other', ...Array(6).keys()].map(
        (key) => (typeof key === 'number' ? `x-claim-${key}` : key),
      )) {
        assert.equal(exchange.requestHeaders.get(key) ?? undefined, seen.headers[key], key);
      }
    };
    await fc.assert(fc.asyncProperty(requests, check), { numRuns: 1_500, seed: 3, endOnFailure: true });
  });
}
