/**
 * The cases of global rate limits were captured with a rate-limit service that refuses every descriptor with a value that begins
 * with "over". Here the same answers come from that service's ConfigMap, which is what Bowsprit counts by: a limit of ten a minute
 * for each descriptor that the service was sent, and of none for those.
 */
import { stringify } from 'yaml';
import type { CapturedRequest, ConformanceCase, HeaderMap } from './case.ts';

/** One level of the service's configuration. */
interface Node {
  key: string;
  value?: string;
  rate_limit?: { unit: 'minute'; requests_per_unit: number };
  descriptors?: Node[];
}

/** What the service was asked: `USER=a` are the entries of one descriptor. */
interface Asked {
  domain: string;
  descriptors: string[][];
}

/** Headers of the stand-in that was captured: its own name, and a count that it made up. */
const STAND_IN = new Set(['x-rls', 'x-ratelimit-remaining', 'x-ratelimit-reset']);

/** The case with the service's configuration, and without what only the captured service can have said. */
export function withRateLimitService(captured: ConformanceCase): ConformanceCase {
  const asked = captured.requests.flatMap((request) => askedBy(request));
  if (asked.length === 0) return captured;
  const requests = captured.requests.map(withoutStandIn);
  return { ...captured, requests, config: `${captured.config}\n---\n${configMap(asked)}` };
}

function askedBy({ expect }: CapturedRequest): Asked[] {
  return (expect as { ratelimit?: Asked[] } | undefined)?.ratelimit ?? [];
}

function configMap(asked: Asked[]): string {
  const descriptors: Node[] = [];
  for (const entries of asked.flatMap((one) => one.descriptors)) add(descriptors, entries, isRefused(entries) ? 0 : 10);
  const domain = asked[0]?.domain ?? '';
  const data = { 'config.yaml': stringify({ domain, descriptors }) };
  return stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ratelimit-config' }, data });
}

const isRefused = (entries: string[]): boolean => entries.some((entry) => /=over/.test(entry));

function add(nodes: Node[], [entry = '', ...rest]: string[], limit: number): void {
  const equals = entry.indexOf('=');
  const [key, value] = [entry.slice(0, equals), entry.slice(equals + 1)];
  let node = nodes.find((one) => one.key === key && (one.value ?? '') === value);
  if (!node) {
    node = { key, ...(value !== '' && { value }) };
    nodes.push(node);
  }
  if (rest.length === 0) node.rate_limit = { unit: 'minute', requests_per_unit: limit };
  else add(inner(node), rest, limit);
}

function inner(node: Node): Node[] {
  node.descriptors ??= [];
  return node.descriptors;
}

function withoutStandIn(request: CapturedRequest): CapturedRequest {
  const { expect } = request;
  if (!expect?.headers) return request;
  const kept = Object.entries(expect.headers).filter(([name]) => !isStandInHeader(name, expect.status));
  const headers: HeaderMap = Object.fromEntries(kept);
  return { ...request, expect: { ...expect, headers } };
}

/** Whether a header says something that only the captured service knows; a refusal's limit is 0 here. */
export function isStandInHeader(name: string, status: number): boolean {
  return STAND_IN.has(name) || (name === 'x-ratelimit-limit' && status !== 200);
}
