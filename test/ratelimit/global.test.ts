/**
 * The captured area global-rate-limit: which descriptors Envoy sent to a rate-limit service. Here nothing is sent, so a
 * configuration that counts every descriptor is added, and the counters that a request changed are its descriptors.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { basename, join } from 'node:path';
import { describe, it, test } from 'node:test';
import { parse } from 'yaml';
import { startGateway, type TestGateway } from './gateway.ts';

interface Captured {
  config: string;
  mesh?: string;
  requests: {
    name: string;
    host?: string;
    path: string;
    method?: string;
    headers?: Record<string, string | string[]>;
    body?: string;
    source_ip?: string;
    expect?: {
      status: number;
      from?: 'gateway' | 'upstream';
      headers?: Record<string, string>;
      body?: string;
      ratelimit?: { descriptors: string[][] }[];
    };
  }[];
}

/** Up to three entries of any key and value, a limit so small that nothing is leased; a value that begins with `over` is over, as the capture's service had it. */
const level = (deeper: string) => `
- key: '*_over*'
  rate_limit: {unit: day, requests_per_unit: 0}
- key: '*'
  rate_limit: {unit: day, requests_per_unit: 100}
${deeper}`;
const nested = (depth: number): string =>
  depth === 0 ? '' : level(depth === 1 ? '' : `  descriptors:${nested(depth - 1).replace(/\n(?=.)/g, '\n  ')}`);

function configMap(): string {
  const content = `domain: edge\ndescriptors:${nested(3)}`;
  const indented = content.replace(/^(?=.)/gm, '    ');
  return `\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits}\ndata:\n  config.yaml: |\n${indented}\n`;
}

const DIRECTORY = 'test/conformance/cases/global-rate-limit';
const files = globSync(join(DIRECTORY, '*.yaml')).sort();

test('there are captured cases', () => assert.ok(files.length > 0));

describe('the descriptors that Envoy sent', { concurrency: 3 }, () => {
  for (const file of files) it(basename(file), { timeout: 60_000 }, () => compareCase(file));
});

async function compareCase(file: string): Promise<void> {
  const captured = parse(readFileSync(file, 'utf8'), { version: '1.1' }) as Captured;
  const gateway = await startGateway((port) => ({
    config: captured.config.replaceAll(/\{http: 210\d\d\}/g, `{http: ${port}}`) + configMap(),
    mesh: captured.mesh ?? '{}',
  }));
  try {
    for (const request of captured.requests) await compare(gateway, request);
  } finally {
    await gateway.stop();
  }
}

async function compare(gateway: TestGateway, request: Captured['requests'][number]): Promise<void> {
  const { name, expect, host = 'app.example.com', source_ip: source, ...message } = request;
  if (!expect) return;
  const before = await gateway.counters();
  const sent = { ...message, headers: { host, ...message.headers }, ...(source ? { source } : {}) };
  const answer = await gateway.send(sent);
  const after = await gateway.counters();
  const changed = Object.keys(after).filter((key) => after[key] !== before[key]);
  const expected = (expect.ratelimit ?? []).flatMap(({ descriptors }) => descriptors).map(counterOf);
  assert.deepEqual(changed.map((key) => key.replace(/\d+$/, '')).sort(), expected.sort(), name);
  assert.equal(answer.status, expect.status, name);
  if (expect.from === 'gateway') assert.equal(answer.body, expect.body ?? '', name);
  const counts = changed.map((key) => ({ limit: key.includes('_over') ? 0 : 100, count: after[key] ?? 0 }));
  compareHeaders(answer.headers, expect.headers ?? {}, counts, name);
}

/** What the service answered with out of its own head, and what every hop has of its own. */
const NOT_COMPARED =
  /^(x-rls|server|date|connection|keep-alive|content-length|transfer-encoding|x-echo|x-envoy-upstream-service-time|content-type)$/;

/** The capture's service made its remaining hits up: here they are what the counters say. */
function compareHeaders(
  answer: IncomingHttpHeaders,
  expected: Record<string, string>,
  counts: { limit: number; count: number }[],
  name: string,
): void {
  const wanted = { ...expected, ...('x-ratelimit-limit' in expected ? limitHeaders(counts) : {}) };
  const names = new Set([...Object.keys(wanted), ...Object.keys(answer)]);
  for (const header of names) {
    if (NOT_COMPARED.test(header)) continue;
    const [got, want] = [String(answer[header]), String(wanted[header])];
    if (header === 'x-ratelimit-reset')
      assert.ok(Math.abs(Number(got) - Number(want)) <= 3, `${name}: ${got}, not ${want}`);
    else assert.equal(got, want, `${name}: ${header}`);
  }
}

function limitHeaders(counts: { limit: number; count: number }[]): Record<string, string> {
  const remaining = counts.map(({ limit, count }) => Math.max(0, limit - count));
  const least = Math.min(...remaining);
  const windows = counts.map(({ limit }) => `${limit};w=86400`);
  return {
    'x-ratelimit-limit': [counts[remaining.indexOf(least)]?.limit, ...windows].join(', '),
    'x-ratelimit-remaining': String(least),
    'x-ratelimit-reset': String(86400 - (Math.floor(Date.now() / 1000) % 86400)),
  };
}

/** The capture's proxy had a node cluster of its own. */
function counterOf(entries: string[]): string {
  const named = entries.map((entry) =>
    entry.replace(/^source_cluster=.*/, 'source_cluster=istio-ingressgateway.istio-system'),
  );
  return `edge_${named.map((entry) => `${entry.replace('=', '_')}_`).join('')}`;
}
