/**
 * What the steps of authentication and authorisation cost by themselves, without a server around them: the figures are too
 * small to be seen in a server's CPU. node bench/auth-steps.ts
 */
import { fakeExchange, providerOf, signer } from '../gateway/authn/fixture.ts';
import { jwtStep } from '../gateway/authn/phase.ts';
import { rbacStep } from '../gateway/authz/phase.ts';
import type { Exchange } from '../gateway/exchange.ts';
import type { RbacPolicy } from '../gateway/snapshot.ts';

const ROUNDS = 7;
const CALLS = 100_000;

/** Least of the rounds, in microseconds a call, less what making the exchange costs. */
function least(make: () => Exchange, step: (exchange: Exchange) => unknown): number {
  const time = (call: () => unknown) => {
    const started = performance.now();
    for (let index = 0; index < CALLS; index++) call();
    return ((performance.now() - started) * 1_000) / CALLS;
  };
  const rounds = (call: () => unknown) => Math.min(...Array.from({ length: ROUNDS }, () => time(call)));
  return rounds(() => step(make())) - rounds(make);
}

const key = await signer('RS256');
const token = await key.sign({ iss: 'i', sub: 'user-1', aud: 'app', exp: 4_102_444_800, groups: ['a', 'b', 'c'] });
const jwt = jwtStep(
  { kind: 'jwt_authn', providers: [providerOf([key.jwk], { issuer: 'i', audiences: ['app'] })] },
  false,
);
const withToken = () => fakeExchange({ headers: { authorization: `Bearer ${token}` } });
await jwt.request!(withToken());
console.log(`token seen before: ${least(withToken, (exchange) => jwt.request!(exchange)).toFixed(2)} µs`);

const policy = (number: number): RbacPolicy => ({
  name: `policy-${String(number).padStart(5, '0')}`,
  permissions: [
    {
      tests: [
        { attribute: 'method', values: [{ kind: 'exact', value: 'GET' }], notValues: [] },
        {
          attribute: 'path',
          values: [{ kind: number % 2 ? 'exact' : 'prefix', value: `/p/${number}/` }],
          notValues: [],
        },
      ],
    },
  ],
  principals: [],
});
for (const count of [10, 1_000, 10_000]) {
  const policies = Array.from({ length: count }, (_, number) => policy(number));
  const rbac = rbacStep({ kind: 'rbac', action: 'ALLOW', policies });
  const request = () => fakeExchange({ path: `/p/${count - 1}/` });
  console.log(`${count} rules: ${least(request, (exchange) => rbac.request!(exchange)).toFixed(2)} µs`);
}
