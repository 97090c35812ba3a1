/** Ten thousand bad tokens, and tokens without end: what they may cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeExchange, providerOf, signer } from '../../gateway/authn/fixture.ts';
import { jwtStep } from '../../gateway/authn/phase.ts';
import { parseToken } from '../../gateway/authn/token.ts';
import { tokenCache } from '../../gateway/authn/token-cache.ts';
import type { LocalReply } from '../../gateway/exchange.ts';

const one = await signer('RS256');
const step = jwtStep({ kind: 'jwt_authn', providers: [providerOf([one.jwk], { issuer: 'i' })] }, false);
const good = await one.sign({ iss: 'i', sub: 'alice' });
const ask = (token: string) => step.request!(fakeExchange({ headers: { authorization: `Bearer ${token}` } }));
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Each different, each with a well-formed signature that fits nothing. */
function badToken(number: number): string {
  const signature = Buffer.alloc(256, number % 251).toString('base64url');
  return `${base64url({ alg: 'RS256', kid: 'k1' })}.${base64url({ iss: 'i', sub: `user-${number}` })}.${signature}`;
}

async function flood(tokens: string[]): Promise<{ microseconds: number; kilobytes: number }> {
  const heap = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  for (const token of tokens) assert.equal(((await ask(token)) as LocalReply).status, 401);
  const used = process.cpuUsage(cpu);
  return {
    microseconds: (used.user + used.system) / tokens.length,
    kilobytes: (process.memoryUsage().heapUsed - heap) / 1_024,
  };
}

test('10,000 distinct bad tokens leave the good one cached and take no memory', async (context) => {
  await ask(good);
  const tokens = Array.from({ length: 10_000 }, (_, number) => badToken(number));
  const { microseconds, kilobytes } = await flood(tokens);
  context.diagnostic(`bad signature: ${microseconds.toFixed(0)} µs of CPU each, heap ${kilobytes.toFixed(0)} KiB`);
  assert.ok(kilobytes < 30_000, `${kilobytes} KiB`);
  assert.ok(microseconds < 1_000, `${microseconds} µs`);
  assert.equal(ask(good), undefined, 'still answered from the cache, without waiting');
});

test('tokens of no form, expired or foreign are refused before any signature is looked at', async (context) => {
  const expired = base64url({ iss: 'i', exp: 1 });
  const shapes = (number: number) => [
    `garbage-${number}`,
    `${base64url({ alg: 'RS256' })}.${expired}.${number}AAA`,
    `${base64url({ alg: 'RS256' })}.${base64url({ iss: `x${number}` })}.AAAA`,
  ];
  const tokens = Array.from({ length: 3_400 }, (_, number) => shapes(number)).flat();
  for (const token of tokens.slice(0, 3)) assert.ok(!(ask(token) instanceof Promise), 'answered without waiting');
  const { microseconds } = await flood(tokens);
  context.diagnostic(`no form, expired, foreign: ${microseconds.toFixed(1)} µs of CPU each`);
  assert.ok(microseconds < 200, `${microseconds} µs`);
});

test('the cache of verified tokens is bounded in number and size, and keeps what is in use', async () => {
  const cache = tokenCache(100, 100_000);
  const entry = { claims: {}, nbf: 0, exp: 0, outputs: [], key: { revoked: false } } as unknown as Parameters<
    typeof cache.set
  >[1];
  cache.set('in use', entry);
  let kept = 0;
  for (let number = 0; number < 10_000; number++) {
    cache.set(`token ${number}`, entry);
    assert.ok(cache.get('in use'));
  }
  for (let number = 0; number < 10_000; number++) if (cache.get(`token ${number}`)) kept++;
  assert.ok(kept <= 200, `${kept} kept`);
  cache.set('x'.repeat(20_000), entry);
  assert.equal(cache.get('x'.repeat(20_000)), undefined);
});

test('huge tokens cost time in proportion to their length, and no more', () => {
  const header = base64url({ alg: 'RS256' });
  const shapes: [string, string][] = [
    ['dots', '.'.repeat(1_000_000)],
    ['sections', 'a.'.repeat(500_000)],
    ['payload', `${header}.${base64url({ iss: 'i', filler: 'x'.repeat(700_000) })}.AAAA`],
    [
      'names',
      `${header}.${base64url(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`k${n}`, n])))}.AAAA`,
    ],
    ['nesting', `${header}.${Buffer.from(`${'['.repeat(500_000)}`).toString('base64url')}.AAAA`],
    ['spaces', `${header} ${' '.repeat(900_000)}.AAAA.AAAA`],
  ];
  for (const [name, token] of shapes) {
    const before = process.cpuUsage();
    parseToken(token);
    // Some milliseconds of processor time; a quadratic way would take minutes.
    const { user } = process.cpuUsage(before);
    assert.ok(user < 5_000_000, `${name}: ${user} µs`);
  }
});
