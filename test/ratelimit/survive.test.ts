/** Counters outlive everything: the quota is where it was when all processes have ended and started again. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Case } from './cases.ts';
import { configOf, meshOf } from './envoy-case.ts';
import { startGateway, type TestGateway } from './gateway.ts';

const data = mkdtempSync(join(tmpdir(), 'ratelimit-survive-'));
after(() => rmSync(data, { recursive: true, force: true }));

const CASE: Case = {
  name: 'survive',
  kind: 'envoy',
  about: '',
  ratelimit: {
    files: {
      'config.yaml':
        'domain: guestbook-ratelimit\ndescriptors:\n- key: a\n  rate_limit: {unit: day, requests_per_unit: 5}\n' +
        '- key: b\n  rate_limit: {unit: day, requests_per_unit: 100000}\n',
    },
  },
  envoy: {
    filter: { enable_x_ratelimit_headers: 'DRAFT_VERSION_03' },
    virtual_host: {
      rate_limits: ['a', 'b'].map((key) => ({
        actions: [{ request_headers: { header_name: `x-${key}`, descriptor_key: key } }],
      })),
    },
  },
};

const start = () =>
  startGateway((port) => ({ config: configOf(CASE, port), mesh: meshOf(CASE.envoy ?? {}) }), { data });

async function remaining(gateway: TestGateway, headers: Record<string, string>): Promise<[number, number]> {
  const answer = await gateway.send({ path: '/', headers });
  return [answer.status, Number(answer.headers['x-ratelimit-remaining'])];
}

test('a quota is where it was after everything was stopped, in order or not', { timeout: 60_000 }, async () => {
  const first = await start();
  assert.deepEqual(await remaining(first, { 'x-a': '1' }), [200, 4]);
  assert.deepEqual(await remaining(first, { 'x-a': '1' }), [200, 3]);
  for (let count = 0; count < 40; count++) await remaining(first, { 'x-b': '1' });
  await first.stop();

  const second = await start();
  assert.deepEqual(await remaining(second, { 'x-a': '1' }), [200, 2]);
  const [, left] = await remaining(second, { 'x-b': '1' });
  assert.ok(
    left < 100_000 - 40 && left > 100_000 - 200,
    `${left} left: at most the leases of the ended process are gone`,
  );
  for (const pid of second.statePids()) process.kill(pid, 'SIGKILL');
  await second.stop();

  const third = await start();
  assert.deepEqual(await remaining(third, { 'x-a': '1' }), [200, 1]);
  assert.deepEqual(await remaining(third, { 'x-a': '1' }), [200, 0]);
  assert.deepEqual((await remaining(third, { 'x-a': '1' }))[0], 429);
  await third.stop();
});
