/**
 * Cases of kind `json`: what envoyproxy/ratelimit's /json answered at a given second, asked of `bowsprit ratelimit serve`.
 * The counters must agree too, wherever the case looked into Redis.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { type Case, type CaseStep, casesOf } from './cases.ts';
import { startService, type TestService } from './service.ts';

/** One service for all cases of the same environment: they differ in files and start without counters. */
const services = new Map<string, Promise<TestService>>();
after(async () => {
  for (const started of services.values()) {
    const service = await started;
    await service.stop();
    rmSync(service.folder, { recursive: true, force: true });
  }
});

function serviceFor(env: Record<string, string>): Promise<TestService> {
  const key = JSON.stringify(env);
  const service = services.get(key) ?? startService({}, env);
  services.set(key, service);
  return service;
}

for (const { file, content } of casesOf('json')) {
  test(`${file}: ${content.about}`, { timeout: 60_000 }, async () => {
    const service = await serviceFor(content.ratelimit?.env ?? {});
    await service.begin(content.ratelimit?.files ?? {});
    for (const [index, step] of (content.steps ?? []).entries()) await play(service, step, `step ${index + 1}`);
    await compareCounters(service, content.final_counters ?? {}, 'at the end', true);
  });
}

async function play(service: TestService, step: CaseStep, where: string): Promise<void> {
  if (step.reload) return reload(service, step);
  if (!step.json || !step.expect) return;
  const { status, body } = await service.ask(step.json, step.at ?? 0);
  assert.equal(status, step.expect.status, `${where}: ${body}`);
  assert.deepEqual(status === 400 ? body.trim() : JSON.parse(body), step.expect.body, where);
  if (step.expect.counters) await compareCounters(service, step.expect.counters, where, false);
}

async function reload(service: TestService, step: CaseStep): Promise<void> {
  const printed = await service.reload(step.reload ?? {});
  if (step.expect?.error) assert.ok(printed.includes(step.expect.error), printed);
  else assert.ok(printed.includes('Successfully loaded new configuration'), printed);
}

async function compareCounters(
  service: TestService,
  expected: NonNullable<Case['final_counters']>,
  where: string,
  all: boolean,
) {
  const counters = await service.counters();
  const asked = all ? counters : Object.fromEntries(Object.keys(expected).map((key) => [key, counters[key]]));
  assert.deepEqual(asked, expected, where);
}
