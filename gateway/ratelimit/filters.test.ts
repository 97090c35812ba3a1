import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeExchange } from '../authn/fixture.ts';
import type { Exchange } from '../exchange.ts';
import type { LocalRateLimitConfig, RateLimitAction, RateLimitPolicy } from '../snapshot.ts';
import { foldPolicy } from './actions/descriptor.ts';
import { LocalBuckets } from './local-buckets.ts';
import { Bucket } from './token-bucket.ts';

type Fields = Parameters<typeof fakeExchange>[0];
const policy = (...actions: RateLimitAction[]): RateLimitPolicy => ({ stage: 0, actions });
const made = (fields: Fields, ...actions: RateLimitAction[]) => {
  const descriptor = foldPolicy(policy(...actions), true).make(fakeExchange(fields));
  return descriptor?.entries.map(({ key, value }) => `${key}=${value}`).join(' ');
};
const header = (skipIfAbsent = false): RateLimitAction => ({
  kind: 'requestHeaders',
  headerName: 'x-a',
  descriptorKey: 'a',
  skipIfAbsent,
});
const constant: RateLimitAction = { kind: 'genericKey', descriptorKey: 'generic_key', descriptorValue: 'g' };

test('a missing header drops the descriptor, or leaves its entry out', () => {
  assert.equal(made({}, header(), constant), undefined);
  assert.equal(made({}, header(true), constant), 'generic_key=g');
  assert.equal(made({}, header(true)), '');
  assert.equal(made({ headers: { 'x-a': '' } }, header()), 'a=');
});

test('added lines of a header do not make a fresh counter', () => {
  assert.equal(made({ headers: { 'x-a': '1, 2' } }, header()), 'a=1');
});

test('query parameters are decoded, an empty one is a value', () => {
  const query = (queryParameterName: string): RateLimitAction => ({
    kind: 'queryParameters',
    queryParameterName,
    descriptorKey: 'q',
    skipIfAbsent: false,
  });
  assert.equal(made({ path: '/?u=a%20b&v' }, query('u'), query('v')), 'q=a b q=');
  assert.equal(made({ path: '/?u=%zz' }, query('u')), 'q=%zz');
});

test('addresses are masked by family', () => {
  const mask: RateLimitAction = { kind: 'maskedRemoteAddress', v4PrefixMaskLen: 24, v6PrefixMaskLen: 64 };
  assert.equal(made({ clientAddress: '10.1.2.3' }, mask), 'masked_remote_address=10.1.2.0/24');
  assert.equal(made({ clientAddress: '2001:db8:1:2:3::4' }, mask), 'masked_remote_address=2001:db8:1:2::/64');
});

test('header_value_match needs every header, and expect_match false turns it round', () => {
  const match = (expectMatch: boolean): RateLimitAction => ({
    kind: 'headerValueMatch',
    descriptorKey: 'm',
    descriptorValue: 'v',
    expectMatch,
    headers: [
      { name: 'x-a', match: { kind: 'present', present: true }, invert: false, treatMissingAsEmpty: false },
      { name: ':method', match: { kind: 'exact', value: 'GET' }, invert: false, treatMissingAsEmpty: false },
    ],
  });
  assert.equal(made({ headers: { 'x-a': '' } }, match(true)), 'm=v');
  assert.equal(made({}, match(true)), undefined);
  assert.equal(made({}, match(false)), 'm=v');
});

test('an expression reads the request; its error drops the descriptor or is left out', () => {
  const cel = (skipIfError: boolean): RateLimitAction => ({
    kind: 'expression',
    descriptorKey: 'cel',
    text: "request.headers['x-a'] + request.method",
    skipIfError,
  });
  assert.equal(made({ headers: { 'x-a': '1' } }, cel(false)), 'cel=1GET');
  assert.equal(made({}, cel(false)), undefined);
  assert.equal(made({}, cel(true), constant), 'generic_key=g');
});

test('hits_addend counts only in the own list of a filter, and junk drops the descriptor', () => {
  const costly = { ...policy(constant), hitsAddend: { format: '%REQ(x-cost)%' } };
  const hits = (own: boolean, headers: Record<string, string>) =>
    foldPolicy(costly, own).make(fakeExchange({ headers }));
  assert.equal(hits(true, { 'x-cost': '4' })?.hitsAddend, 4);
  assert.equal(hits(true, { 'x-cost': 'junk' }), undefined);
  assert.equal(hits(false, { 'x-cost': '4' })?.hitsAddend, undefined);
});

test('an override is taken from dynamic metadata, a bad unit is none', () => {
  const limited = { ...policy(constant), limit: { key: 'lim', path: ['ov'] } };
  const override = (unit: string) => {
    const metadata: Exchange['metadata'] = new Map([['lim', { ov: { requests_per_unit: 2, unit } }]]);
    return foldPolicy(limited, false).make(fakeExchange({ metadata }))?.limit;
  };
  assert.deepEqual(override('HOUR'), { requestsPerUnit: 2, unit: 'HOUR' });
  assert.equal(override('eon'), undefined);
});

test('a bucket refills continuously and says when the next token comes', () => {
  const bucket = new Bucket({ maxTokens: 2, tokensPerFill: 10, fillIntervalMs: 5000 }, 0);
  assert.deepEqual(
    [0, 0, 0, 499, 500, 500].map((now) => bucket.consume(now)),
    [true, true, false, false, true, false],
  );
  const hourly = new Bucket({ maxTokens: 3, tokensPerFill: 3, fillIntervalMs: 3_600_000 }, 0);
  const seen = [0, 0, 0].map(() => {
    hourly.consume(0);
    return [hourly.remaining(0), hourly.secondsToToken(0)];
  });
  assert.deepEqual(seen, [
    [2, 0],
    [1, 0],
    [0, 1200],
  ]);
});

const CONFIG: LocalRateLimitConfig = {
  statPrefix: '',
  tokenBucket: { maxTokens: 6, tokensPerFill: 6, fillIntervalMs: 3_600_000 },
  descriptors: [
    {
      entries: [{ key: 'plan', value: 'FREE' }],
      tokenBucket: { maxTokens: 2, tokensPerFill: 2, fillIntervalMs: 3_600_000 },
    },
    { entries: [{ key: 'account' }], tokenBucket: { maxTokens: 1, tokensPerFill: 1, fillIntervalMs: 3_600_000 } },
  ],
  rateLimits: [],
  filterEnabled: 100,
  filterEnforced: 100,
  status: 429,
  stage: 0,
  enableXRatelimitHeaders: false,
  vhRateLimits: 'OVERRIDE',
  alwaysConsumeDefaultTokenBucket: true,
  maxDynamicDescriptors: 1,
  rateLimitedAsResourceExhausted: false,
};

test('a refusal by a descriptor spares the default bucket, and its value is the one in the headers', () => {
  const buckets = new LocalBuckets(CONFIG, 0);
  const free = [{ entries: [{ key: 'plan', value: 'FREE' }] }];
  assert.deepEqual(
    [0, 0, 0].map(() => buckets.decide(free, 0).allowed),
    [true, true, false],
  );
  assert.equal(buckets.decide(free, 0).bucket?.maxTokens, 2);
  const other = buckets.decide([{ entries: [{ key: 'plan', value: 'OTHER' }] }], 0);
  assert.deepEqual([other.allowed, other.bucket?.remaining(0)], [true, 3]);
});

test('a blank value has a bucket for each value; one that was forgotten is full again', () => {
  const buckets = new LocalBuckets(CONFIG, 0);
  const account = (value: string) => buckets.decide([{ entries: [{ key: 'account', value }] }], 0).allowed;
  assert.deepEqual(['a', 'a', 'b', 'b', 'a'].map(account), [true, false, true, false, true]);
});
