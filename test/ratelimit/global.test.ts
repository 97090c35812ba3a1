/**
 * The captured area global-rate-limit: which descriptors Envoy sent to a rate-limit service. Here nothing is sent, so a
 * configuration that counts every descriptor is added, and the counters that a request changed are its descriptors.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
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
    expect?: { status: number; headers?: Record<string, string>; ratelimit?: { descriptors: string[][] }[] };
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

for (const file of files) {
  test(basename(file), { timeout: 60_000 }, async () => {
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
  });
}

async function compare(gateway: TestGateway, request: Captured['requests'][number]): Promise<void> {
  const { name, expect, host = 'app.example.com', source_ip: source, ...message } = request;
  if (!expect) return;
  const before = await gateway.counters();
  const answer = await gateway.send({
    ...message,
    headers: { host, ...message.headers },
    ...(source ? { source } : {}),
  });
  const after = await gateway.counters();
  const changed = Object.keys(after).filter((key) => after[key] !== before[key]);
  const expected = (expect.ratelimit ?? []).flatMap(({ descriptors }) => descriptors).map(counterOf);
  assert.deepEqual(changed.map((key) => key.replace(/\d+$/, '')).sort(), expected.sort(), name);
  assert.equal(answer.status, expect.status, name);
  assert.equal(answer.headers['x-envoy-ratelimited'], expect.headers?.['x-envoy-ratelimited'], name);
}

/** The capture's proxy had a node cluster of its own. */
function counterOf(entries: string[]): string {
  const named = entries.map((entry) =>
    entry.replace(/^source_cluster=.*/, 'source_cluster=istio-ingressgateway.istio-system'),
  );
  return `edge_${named.map((entry) => `${entry.replace('=', '_')}_`).join('')}`;
}
