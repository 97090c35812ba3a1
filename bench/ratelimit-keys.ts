/**
 * What many live keys cost: memory of the processes, objects and bytes on disk while N counters are open.
 *
 *   node bench/ratelimit-keys.ts [keys]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClient, startCounters } from '../test/chaos/processes.ts';

const KEYS = Number(process.argv[2] ?? 1_000_000);
const BATCH = 2000;
const LIMITS = {
  chaos: { domain: 'chaos', descriptors: [{ key: 'key', rateLimit: { unit: 'DAY' as const, requestsPerUnit: 100 } }] },
};

const folder = mkdtempSync(join(tmpdir(), 'bench-keys-'));
const data = join(folder, 'data');
const counters = await startCounters(join(folder, 'state'), data);
const client = await startClient(join(folder, 'client'), join(folder, 'state'), LIMITS);
try {
  await ready();
  console.log('keys        seconds  state MB  client MB  objects  disk MB');
  const started = performance.now();
  for (let done = 0; done < KEYS; ) {
    const four = Array.from({ length: 4 }, (_, part) => batch(done + part * BATCH));
    await Promise.all(four);
    done += 4 * BATCH;
    if (done % 200_000 < 4 * BATCH) report(done, (performance.now() - started) / 1000);
  }
} finally {
  await Promise.all([client.stop(), counters.stop()]);
  rmSync(folder, { recursive: true, force: true });
}

async function ready(): Promise<void> {
  while (!(await client.post('[]').catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function batch(from: number): Promise<void> {
  const keys = Array.from({ length: BATCH }, (_, index) => ['key', `account-${from + index}`]);
  const { results } = JSON.parse(await client.post(JSON.stringify(keys))) as { results: number[] };
  const failed = results.filter((result) => result !== 1).length;
  if (failed > 0) console.error(`${failed} of ${BATCH} were not admitted`);
}

function report(keys: number, seconds: number): void {
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  const objects = files.filter(({ name }) => name.endsWith('.sqlite') && !name.startsWith('metadata')).length;
  const cells = [seconds.toFixed(0), rss(counters.pid()), rss(client.pid()), objects, (bytes / 1e6).toFixed(0)];
  console.log([String(keys).padEnd(10), ...cells.map((cell) => String(cell).padStart(9))].join(' '));
}

/** Megabytes of resident memory. */
function rss(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000).toFixed(0);
}
