/** Rate-limit filters of many kinds, here and in a real Envoy: the same descriptors, statuses and headers. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import type { Answered } from '../support/ask.ts';
import type { Case, Request } from './cases.ts';
import { configOf, meshOf } from './envoy-case.ts';
import { startEnvoyPeer } from './envoy-peer.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import type { Asked } from './grpc-service.ts';

interface PeerCase extends Pick<Case, 'name' | 'envoy'> {
  /** `sleep`: milliseconds before it. */
  requests: (Partial<Request> & { source?: string; sleep?: number })[];
}

const DOMAIN = 'guestbook-ratelimit';

/** Counts every descriptor of up to four entries; one with a value that begins with `over` is over its limit. */
const level = (depth: number): object[] =>
  depth === 0
    ? []
    : [
        { key: '*_over*', rate_limit: { unit: 'day', requests_per_unit: 0 }, descriptors: level(depth - 1) },
        { key: '*', rate_limit: { unit: 'day', requests_per_unit: 100 }, descriptors: level(depth - 1) },
      ];
const LIMITS = stringify({ domain: DOMAIN, descriptors: level(4) }, { aliasDuplicateObjects: false });

for (const file of globSync(join(import.meta.dirname, 'peer-cases/*.yaml')).sort()) {
  const cases = parse(readFileSync(file, 'utf8'), { merge: true }) as PeerCase[];
  for (const each of cases) test(each.name, { timeout: 60_000 }, () => compareCase(each));
}

async function compareCase({ name, envoy = {}, requests }: PeerCase): Promise<void> {
  const content: Case = { name, kind: 'envoy', about: '', envoy, ratelimit: { files: { 'limits.yaml': LIMITS } } };
  const [theirs, ours] = await Promise.all([
    startEnvoyPeer(envoy),
    startGateway((port) => ({ config: configOf(content, port), mesh: meshOf(envoy) })),
  ]);
  const isLocal = JSON.stringify(envoy).includes('local_ratelimit');
  try {
    for (const [index, { sleep = 0, ...request }] of requests.entries()) {
      await new Promise((resolve) => setTimeout(resolve, sleep));
      const sent = { path: '/', ...request, headers: { host: 'app.example.com', ...request.headers } };
      const before = await ours.counters();
      const [ourAnswer, theirAnswer] = [await ours.send(sent), await theirs.send(sent)];
      // apply_on_stream_done counts when the answer has been sent.
      await new Promise((resolve) => setTimeout(resolve, 50));
      const where = `request ${index + 1}: ${JSON.stringify(request)}`;
      assert.deepEqual(shown(ourAnswer, isLocal), shown(theirAnswer, isLocal), where);
      assert.deepEqual(raised(before, await ours.counters()), theirs.asked().flatMap(counterOf).sort(), where);
    }
  } finally {
    theirs.stop();
    await ours.stop();
  }
}

type Counters = Awaited<ReturnType<TestGateway['counters']>>;

function raised(before: Counters, after: Counters): string[] {
  const by = (key: string): number => (after[key] ?? 0) - (before[key] ?? 0);
  const keys = Object.keys(after).filter((key) => by(key) > 0);
  return keys.map((key) => `${key.replace(/\d+$/, '')} +${by(key)}`).sort();
}

/** The counter that a descriptor raises; one that only looks raises none, and an empty one has none. */
function counterOf(asked: Asked): string[] {
  const parts = asked.split(' ');
  const hits = /hits=(\d+)/.exec(asked)?.[1] ?? '1';
  const entries = parts.filter((part) => part !== '' && !/^(hits|limit)=/.test(part));
  if (entries.length === 0 || hits === '0') return [];
  return [`${DOMAIN}_${entries.map((entry) => `${entry.replace('=', '_')}_`).join('')} +${hits}`];
}

/** The service of the peer says no limits, so x-ratelimit headers are compared for local limits only. */
function shown({ status, headers, body }: Answered, isLocal: boolean): object {
  const names = /^(x-envoy-ratelimited|x-added.*|x-seen|content-type|grpc-status|grpc-message)$/;
  const compared = Object.entries(headers).filter(
    ([name]) => names.test(name) || (isLocal && name.startsWith('x-ratelimit-')),
  );
  return { status, body, headers: Object.fromEntries(compared.sort()) };
}
