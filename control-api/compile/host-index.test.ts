/** The index against the definition: the narrower name of every pair that overlaps (Istio's Names.Intersection). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostIndex } from './host-index.ts';
import { mostSpecificMatch, subsetOf } from './names.ts';

const label = fc.constantFrom('a', 'b', 'sub', 'app');
const exact = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
const host = fc.oneof(
  exact,
  exact.map((name) => `*.${name}`),
  fc.constant('*'),
);
const namespace = fc.constantFrom('default', 'other');
const serverHost = fc.oneof(
  host,
  fc.tuple(namespace, host).map(([ns, name]) => `${ns}/${name}`),
);

function intersection(serverHosts: string[], hosts: string[], from: string): Set<string> {
  const open = serverHosts.flatMap((entry) => {
    const [before = '', after] = entry.split('/');
    return after === undefined ? [before] : before === from ? [after] : [];
  });
  const common = open.flatMap((one) =>
    hosts.flatMap((other) => (subsetOf(one, other) ? [one] : subsetOf(other, one) ? [other] : [])),
  );
  return new Set(common);
}

test('the index finds what comparing every pair finds', () => {
  fc.assert(
    fc.property(fc.array(serverHost), fc.array(host), namespace, (serverHosts, hosts, from) => {
      assert.deepEqual(new Set(hostIndex(serverHosts)(hosts, from)), intersection(serverHosts, hosts, from));
    }),
    { numRuns: 500 },
  );
});

test('the most specific match is the longest of those that cover the name', () => {
  fc.assert(
    fc.property(fc.uniqueArray(host, { minLength: 1 }), exact, (hosts, name) => {
      const covering = hosts.filter((candidate) => subsetOf(name, candidate)).sort((a, b) => b.length - a.length);
      const best = covering.includes(name) ? name : covering[0];
      assert.equal(mostSpecificMatch(name, new Map(hosts.map((one) => [one, one]))), best);
    }),
  );
});
