/**
 * The policies of one RBAC filter as an index. Each policy is filed under the values of the attribute that the fewest
 * others share, so that a request meets only policies that can match it; what has no such value is tried one by one.
 */
import type { Exchange } from '../exchange.ts';
import type { RbacPolicy, RbacRule, RbacTest } from '../snapshot.ts';
import { type Lookup, lookup } from './lookup.ts';
import { Attributes, allTests, anyRule, type Predicate } from './rules.ts';
import { type IndexKey, indexKey } from './value-test.ts';

/** One alternative of a policy: a rule of one side, and what must hold on the other side. */
interface Entry {
  policy: number;
  holds: Predicate;
}

interface FiledUnder {
  attribute: number;
  ignoreCase: boolean;
  lookup: Lookup<Entry>;
}

export interface PolicyIndex {
  /** The name of the first policy, by name, that matches; undefined when none does. */
  match(exchange: Exchange): string | undefined;
}

export function policyIndex(unsorted: readonly RbacPolicy[]): PolicyIndex {
  // Envoy keeps policies sorted by name: the first of them is the one that logs name.
  const policies = [...unsorted].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const attributes = new Attributes();
  const crowds = countKeys(policies);
  const filed = new Map<string, FiledUnder>();
  const unfiled: Entry[] = [];
  for (const [number, policy] of policies.entries()) {
    const [indexed, other] = cheaperSide(policy, crowds);
    const otherSide = anyRule(other, attributes);
    for (const rule of indexed.length > 0 ? indexed : [{ tests: [] }]) {
      const mine = allTests(rule, attributes);
      const entry: Entry = { policy: number, holds: (cells) => mine(cells) && otherSide(cells) };
      const test = bestTest(rule, crowds)?.test;
      if (test) fileEntry(filed, attributes, test, entry);
      else unfiled.push(entry);
    }
  }
  const lookups = [...filed.values()];
  return { match: (exchange) => policies[firstMatch(exchange, attributes, lookups, unfiled)]?.name };
}

function firstMatch(exchange: Exchange, attributes: Attributes, lookups: FiledUnder[], unfiled: Entry[]): number {
  let first = Number.POSITIVE_INFINITY;
  const cells = attributes.cells(exchange);
  const visit = (entry: Entry) => {
    if (entry.policy < first && entry.holds(cells)) first = entry.policy;
  };
  for (const filed of lookups) {
    for (const text of attributes.texts(cells, filed.attribute)) {
      filed.lookup.find(filed.ignoreCase ? text.toLowerCase() : text, visit);
    }
  }
  for (const entry of unfiled) visit(entry);
  return first;
}

function fileEntry(filed: Map<string, FiledUnder>, attributes: Attributes, test: RbacTest, entry: Entry): void {
  for (const key of keysOf(test)!) {
    const name = `${key.ignoreCase} ${test.attribute}`;
    let under = filed.get(name);
    if (!under) {
      under = { attribute: attributes.number(test.attribute), ignoreCase: key.ignoreCase, lookup: lookup() };
      filed.set(name, under);
    }
    under.lookup.add(key, entry);
  }
}

/** The keys of all values of a test; undefined when one of them cannot be looked up, or there is none. */
function keysOf(test: RbacTest): IndexKey[] | undefined {
  const keys = test.values.map(indexKey);
  return keys.length > 0 && keys.every((key) => key !== undefined) ? (keys as IndexKey[]) : undefined;
}

/** How many rules share a key: the fewer, the better it tells requests apart. */
type Crowds = Map<string, number>;

const crowdName = (test: RbacTest, key: IndexKey) => `${test.attribute} ${key.kind} ${key.text}`;

function countKeys(policies: readonly RbacPolicy[]): Crowds {
  const crowds: Crowds = new Map();
  for (const { permissions, principals } of policies) {
    for (const { tests } of [...permissions, ...principals]) {
      for (const test of tests) {
        for (const key of keysOf(test) ?? []) {
          const name = crowdName(test, key);
          crowds.set(name, (crowds.get(name) ?? 0) + 1);
        }
      }
    }
  }
  return crowds;
}

/** The test of a rule whose most crowded key is the least crowded. */
function bestTest(rule: RbacRule, crowds: Crowds): { test: RbacTest; crowd: number } | undefined {
  let best: { test: RbacTest; crowd: number } | undefined;
  for (const test of rule.tests) {
    const keys = keysOf(test);
    if (!keys) continue;
    const crowd = Math.max(...keys.map((key) => crowds.get(crowdName(test, key))! + (key.kind === 'exact' ? 0 : 0.5)));
    if (!best || crowd < best.crowd) best = { test, crowd };
  }
  return best;
}

/** The side (permissions or principals) whose rules tell requests apart better, first. */
function cheaperSide(policy: RbacPolicy, crowds: Crowds): [indexed: readonly RbacRule[], other: readonly RbacRule[]] {
  const { permissions, principals } = policy;
  return cost(permissions, crowds) <= cost(principals, crowds) ? [permissions, principals] : [principals, permissions];
}

function cost(rules: readonly RbacRule[], crowds: Crowds): number {
  if (rules.length === 0) return Number.POSITIVE_INFINITY;
  return Math.max(...rules.map((rule) => bestTest(rule, crowds)?.crowd ?? Number.POSITIVE_INFINITY));
}
