import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { fakeExchange } from '../authn/fixture.ts';
import type { Exchange } from '../exchange.ts';
import type { RbacPolicy, RbacRule, RbacTest, RbacValue, StringMatch } from '../snapshot.ts';
import { policyIndex } from './policy-index.ts';

/** The plain reading of a policy: every value is tried, nothing is folded. */
function naive(policies: readonly RbacPolicy[], exchange: Exchange): string | undefined {
  const holds = (rules: RbacRule[]) =>
    rules.length === 0 || rules.some((rule) => rule.tests.every((one) => testHolds(one, exchange)));
  return policies
    .filter(({ permissions, principals }) => holds(permissions) && holds(principals))
    .map(({ name }) => name)
    .sort()[0];
}

function testHolds({ attribute, values, notValues }: RbacTest, exchange: Exchange): boolean {
  const texts = textsOf(attribute, exchange);
  const has = (list: RbacValue[]) => list.some((value) => texts.some((text) => fits(value, text, exchange)));
  return (values.length === 0 || has(values)) && !has(notValues);
}

function textsOf(attribute: string, { authority, method, path, peer, verified, requestHeaders, listener }: Exchange) {
  const claims = verified.get('p');
  if (attribute === 'host') return [authority];
  if (attribute === 'method') return [method];
  if (attribute === 'path') return [path.split('?')[0]!];
  if (attribute === 'port') return [String(listener.port)];
  if (attribute === 'source.ip') return [peer.address];
  if (attribute === 'request.headers[x-a]') return requestHeaders.get('x-a')?.split(', ') ?? [];
  if (attribute === 'request.auth.principal') return claims ? ['principal'] : [];
  if (attribute === 'request.auth.claims[groups]') return (claims?.groups as string[] | undefined) ?? [];
  throw new Error(attribute);
}

function fits(value: RbacValue, text: string, { verified }: Exchange): boolean {
  const claims = verified.get('p') as { iss: string; sub: string } | undefined;
  switch (value.kind) {
    case 'never':
      return false;
    case 'present':
      return true;
    case 'port':
      return text === String(value.value);
    case 'cidr':
      return value.value.includes('/')
        ? ipaddr.IPv4.parse(text).match(ipaddr.IPv4.parseCIDR(value.value))
        : text === value.value;
    case 'template': {
      const pattern = value.value.replace('{**}', '.*').replace('{*}', '[^/]+');
      return new RegExp(`^${pattern}$`).test(text);
    }
    case 'principal':
      return (!value.iss || like(value.iss, claims!.iss)) && (!value.sub || like(value.sub, claims!.sub));
    default:
      return like(value, text);
  }
}

function like({ kind, value, ignoreCase }: StringMatch, text: string): boolean {
  const [wanted, got] = ignoreCase ? [value.toLowerCase(), text.toLowerCase()] : [value, text];
  if (kind === 'exact') return got === wanted;
  if (kind === 'prefix') return got.startsWith(wanted);
  if (kind === 'suffix') return got.endsWith(wanted);
  if (kind === 'contains') return got.includes(wanted);
  return new RegExp(`^(?:${wanted})$`).test(got);
}

const word = fc.constantFrom('a', 'b', 'ab', 'ba', 'abc', 'A', 'aB');
const stringMatch = (texts: fc.Arbitrary<string>): fc.Arbitrary<StringMatch> =>
  fc.record({ kind: fc.constantFrom('exact', 'exact', 'prefix', 'suffix', 'contains', 'regex'), value: texts });
const paths = fc.constantFrom('/', '/a', '/a/b', '/a/b/c', '/b', '/ab', '/a/');
const blocks = fc.constantFrom('10.0.0.1', '10.0.0.0/8', '10.1.0.0/16', '0.0.0.0/0', '10.1.2.3/32', '10.1.2.2/31');
const valuesOf: Record<string, fc.Arbitrary<RbacValue>> = {
  host: stringMatch(word).map((match) => ({ ...match, ignoreCase: true })),
  method: fc.oneof(stringMatch(fc.constantFrom('GET', 'G', 'T', 'POST')), fc.constant<RbacValue>({ kind: 'present' })),
  path: fc.oneof(
    stringMatch(paths),
    fc.constantFrom('/a/{*}', '/{*}/b', '/a/{**}', '/{**}/c').map((value): RbacValue => ({ kind: 'template', value })),
  ),
  port: fc.constantFrom(80, 443).map((value): RbacValue => ({ kind: 'port', value })),
  'source.ip': blocks.map((value): RbacValue => ({ kind: 'cidr', value })),
  'request.headers[x-a]': fc.oneof(stringMatch(word), fc.constant<RbacValue>({ kind: 'present' })),
  'request.auth.principal': fc
    .record({ iss: stringMatch(word), sub: stringMatch(word) }, { requiredKeys: [] })
    .map((parts): RbacValue => ({ kind: 'principal', ...parts })),
  'request.auth.claims[groups]': fc.oneof(stringMatch(word), fc.constant<RbacValue>({ kind: 'never' })),
};
const oneTest = fc.constantFrom(...Object.keys(valuesOf)).chain((attribute) =>
  fc.record<RbacTest>({
    attribute: fc.constant(attribute),
    values: fc.array(valuesOf[attribute]!, { maxLength: 3 }),
    notValues: fc.array(valuesOf[attribute]!, { maxLength: 2 }),
  }),
);
const rules = fc.array(fc.record({ tests: fc.array(oneTest, { maxLength: 3 }) }), { maxLength: 3 });
const policies = fc
  .array(fc.record({ permissions: rules, principals: rules }), { maxLength: 12 })
  .map((list) => list.map((policy, number): RbacPolicy => ({ name: `p${number}`, ...policy })));
const exchanges = fc
  .record({
    authority: word,
    method: fc.constantFrom('GET', 'POST', 'T'),
    path: paths,
    query: fc.constantFrom('', '?a=/a/b'),
    port: fc.constantFrom(80, 443),
    address: fc.constantFrom('10.0.0.1', '10.1.2.3', '192.168.0.1'),
    header: fc.constantFrom(undefined, '', 'a', 'ab', 'b, abc'),
    claims: fc.option(fc.record({ iss: word, sub: word, groups: fc.array(word, { maxLength: 3 }) }), {
      nil: undefined,
    }),
  })
  .map(({ path, query, port, address, header, claims, ...rest }) =>
    fakeExchange({
      ...rest,
      path: path + query,
      peer: { address, port: 1 },
      listener: { name: '', port, servers: [], httpFilters: [] },
      headers: header === undefined ? {} : { 'x-a': header },
      verified: new Map(claims ? [['p', claims]] : []),
    }),
  );

test('the index answers as trying every policy would', () => {
  fc.assert(
    fc.property(policies, fc.array(exchanges, { minLength: 1, maxLength: 8 }), (list, requests) => {
      const index = policyIndex(list);
      for (const exchange of requests) assert.equal(index.match(exchange), naive(list, exchange));
    }),
    { numRuns: 2_000 },
  );
});

test('a thousand policies that exact values tell apart cost no thousand comparisons', () => {
  let reads = 0;
  const counting = (number: number): RbacPolicy => ({
    name: `p${number}`,
    permissions: [
      { tests: [{ attribute: 'path', values: [{ kind: 'exact', value: `/p/${number}` }], notValues: [] }] },
    ],
    principals: [
      { tests: [{ attribute: 'request.headers[x-tenant]', values: [{ kind: 'suffix', value: 'x' }], notValues: [] }] },
    ],
  });
  const exchange = fakeExchange({ path: '/p/700', headers: { 'x-tenant': 'tx' } });
  const { requestHeaders } = exchange;
  const get = requestHeaders.get;
  requestHeaders.get = (name) => {
    reads++;
    return get(name);
  };
  const index = policyIndex(Array.from({ length: 1_000 }, (_, number) => counting(number)));
  assert.equal(index.match(exchange), 'p700');
  assert.equal(reads, 1);
  const started = process.hrtime.bigint();
  for (let round = 0; round < 1_000; round++) index.match(exchange);
  const microseconds = Number(process.hrtime.bigint() - started) / 1e6;
  assert.ok(microseconds < 50, `${microseconds} µs a request`);
});
