/**
 * A domain's descriptors as a tree of Maps, and the walk of a request's entries through it. At each level the exact
 * `key_value` is tried, then the wildcards in file order, then the bare key; there is no way back up, and only the node
 * that the last entry reaches may limit (envoyproxy/ratelimit, RateLimitConfig.GetLimit).
 */
import type { LimitDescriptor, LimitDomain, LimitRule } from '../snapshot.ts';
import { type Wildcard, wildcard } from './wildcard.ts';

export interface Entry {
  key: string;
  value: string;
}

/** A limit that a request's descriptor reached. */
export interface MatchedLimit {
  rule: LimitRule;
  shadowMode: boolean;
  quotaMode: boolean;
  /** The limit's name in metrics: `domain.key_value.key`. */
  statKey: string;
  /** share_threshold: the pattern that stands for the value of an entry in the counter's key, by index. */
  sharedValues?: readonly (string | undefined)[];
  metadata?: Record<string, unknown>;
}

interface TreeNode {
  children: Map<string, TreeNode>;
  /** In file order. */
  wildcards: { matches: Wildcard; key: string; node: TreeNode }[];
  descriptor?: LimitDescriptor;
}

/** Folds a domain once; the returned function finds the limit of one descriptor. */
export function limitFinder(domain: LimitDomain): (entries: readonly Entry[]) => MatchedLimit | undefined {
  const root = treeOf(domain.descriptors);
  return (entries) => find(root, domain.domain, entries);
}

function treeOf(descriptors: readonly LimitDescriptor[]): TreeNode {
  const node: TreeNode = { children: new Map(), wildcards: [] };
  for (const descriptor of descriptors) {
    const key = descriptor.value ? `${descriptor.key}_${descriptor.value}` : descriptor.key;
    const child = { ...treeOf(descriptor.descriptors ?? []), descriptor };
    node.children.set(key, child);
    if (key.includes('*')) node.wildcards.push({ matches: wildcard(key), key, node: child });
  }
  return node;
}

/** What one step of the walk found. `by` says how: the pattern's text, or by value, or by the bare key. */
interface Hop {
  node: TreeNode;
  by: { pattern: string } | 'value' | 'key';
}

function hop(from: TreeNode, { key, value }: Entry): Hop | undefined {
  const full = `${key}_${value}`;
  const exact = from.children.get(full);
  if (exact) return { node: exact, by: 'value' };
  for (const entry of from.wildcards) {
    if (entry.matches(full)) return { node: entry.node, by: { pattern: entry.key } };
  }
  const bare = from.children.get(key);
  return bare && { node: bare, by: 'key' };
}

function find(root: TreeNode, domain: string, entries: readonly Entry[]): MatchedLimit | undefined {
  let node = root;
  let statKey = domain;
  let shared: (string | undefined)[] | undefined;
  for (const [index, entry] of entries.entries()) {
    const next = hop(node, entry);
    if (!next) return undefined;
    node = next.node;
    const pattern = sharedPattern(next, entry);
    if (pattern !== undefined) {
      shared ??= [];
      shared[index] = pattern;
    }
    statKey += `.${statPart(next, entry, pattern)}`;
  }
  if (entries.length === 0 || !node.descriptor?.rateLimit) return undefined;
  return matched(
    node.descriptor,
    node.descriptor.rateLimit,
    detailed(node.descriptor, domain, entries, shared) ?? statKey,
    shared,
  );
}

function matched(
  descriptor: LimitDescriptor,
  rule: LimitRule,
  statKey: string,
  shared?: (string | undefined)[],
): MatchedLimit {
  return {
    rule,
    shadowMode: descriptor.shadowMode ?? false,
    quotaMode: descriptor.quotaMode ?? false,
    statKey,
    ...(shared ? { sharedValues: shared } : {}),
    ...(descriptor.metadata ? { metadata: descriptor.metadata } : {}),
  };
}

function sharedPattern({ node, by }: Hop, { key }: Entry): string | undefined {
  if (typeof by === 'string' || !node.descriptor?.shareThreshold) return undefined;
  return by.pattern.startsWith(`${key}_`) ? by.pattern.slice(key.length + 1) : by.pattern;
}

/** value_to_metric puts the request's value into the metric's name where the configuration has a pattern or no value. */
function statPart({ node, by }: Hop, { key, value }: Entry, shared: string | undefined): string {
  if (by === 'value') return value ? `${key}_${value}` : key;
  const named = node.descriptor?.valueToMetric ? value : '';
  if (by === 'key') return named ? `${key}_${named}` : key;
  const pattern = by.pattern.startsWith(`${key}_`) ? by.pattern.slice(key.length + 1) : by.pattern;
  return `${key}_${shared ?? (named || pattern)}`;
}

/** detailed_metric: every entry of the request, with shared patterns in the place of their values. */
function detailed(
  descriptor: LimitDescriptor,
  domain: string,
  entries: readonly Entry[],
  shared?: (string | undefined)[],
) {
  if (!descriptor.detailedMetric) return undefined;
  const parts = entries.map(({ key, value }, index) => {
    const shown = shared?.[index] ?? value;
    return shown || !shared ? `${key}_${shown}` : key;
  });
  return [domain, ...parts].join('.');
}
