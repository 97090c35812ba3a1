/** The CPU of a decision that an isolate takes by itself, in a loop in workerd: what HTTP would drown in its noise. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLimits } from '../../control-api/compile/ratelimit/load.ts';
import { startClient, startCounters } from '../../test/chaos/processes.ts';
import { LIMITS } from './limits.ts';

const LOOPS = 200_000;

/** Microseconds by scenario. */
export async function decisionCost(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-decision-'));
  const counters = await startCounters(join(folder, 'state'), join(folder, 'data'));
  const limits = loadLimits([{ name: 'config.yaml', content: LIMITS }]);
  const client = await startClient(
    join(folder, 'client'),
    join(folder, 'state'),
    limits,
    'bench/ratelimit/decision-worker.ts',
  );
  try {
    return {
      'one key, far from its limit': await cost(client, 'hot'),
      'one key, over its limit': await cost(client, 'over'),
    };
  } finally {
    await Promise.all([client.stop(), counters.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function cost(client: Awaited<ReturnType<typeof startClient>>, key: string): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    if (await client.post(JSON.stringify({ key, loops: 100 })).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const before = client.cpu();
  await client.post(JSON.stringify({ key, loops: LOOPS }));
  return (client.cpu() - before) / LOOPS;
}
