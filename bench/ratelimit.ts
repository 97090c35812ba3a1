/**
 * What a rate-limit decision costs: this gateway and its counters beside Envoy, envoyproxy/ratelimit and Redis, in one run
 * on one machine. CPU is that of every process that takes part in a decision, less what the same request costs without
 * the filter; latency is the median at one request at a time, less the same.
 *
 *   RATELIMIT_BIN=/path/to/ratelimit node bench/ratelimit.ts [requests]
 *
 * The service has no package: without RATELIMIT_BIN (built from its sources) only our half is measured.
 */
import { decisionCost } from './ratelimit/decision-cost.ts';
import { type Load, load } from './ratelimit/load.ts';
import { startOurs } from './ratelimit/ours.ts';
import { startTheirs } from './ratelimit/theirs.ts';

/** A system under test: the same upstream with and without the filter. */
export interface System {
  name: string;
  plain: number;
  limited: number;
  /** CPU microseconds of all its processes so far. */
  cpu(): number;
  stop(): Promise<void>;
}

const REQUESTS = Number(process.argv[2] ?? 4000);
const ROUNDS = 3;
const SCENARIOS: Record<string, (index: number) => string> = {
  'one key, far from its limit': () => 'hot',
  'one key, over its limit': () => 'over',
  'a new key each time': (index) => `new${process.pid}-${Date.now()}-${index}`,
};

interface Cost {
  cpu: number;
  p50: number;
}

async function measure(system: System, port: number, key: (index: number) => string): Promise<Cost> {
  const rounds: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = system.cpu();
    await load({ port, requests: REQUESTS, concurrency: 16, key });
    const cpu = (system.cpu() - before) / REQUESTS;
    const { p50 }: Load = await load({ port, requests: 300, concurrency: 1, key });
    rounds.push({ cpu, p50 });
  }
  return { cpu: median(rounds.map(({ cpu }) => cpu)), p50: median(rounds.map(({ p50 }) => p50)) };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function bench(system: System, names = Object.keys(SCENARIOS)): Promise<Record<string, Cost>> {
  await load({ port: system.limited, requests: 200, concurrency: 4, key: () => 'over' });
  const plain = await measure(system, system.plain, () => 'hot');
  const costs: Record<string, Cost> = { 'no filter (whole request)': plain };
  for (const name of names) {
    const key = SCENARIOS[name] ?? (() => name);
    const limited = await measure(system, system.limited, key);
    costs[name] = { cpu: limited.cpu - plain.cpu, p50: limited.p50 - plain.p50 };
  }
  await system.stop();
  return costs;
}

const show = ({ cpu, p50 }: Cost): string =>
  `${cpu.toFixed(1).padStart(8)} µs CPU ${(p50 * 1000).toFixed(0).padStart(7)} µs p50`;

const binary = process.env.RATELIMIT_BIN;
const theirs = binary ? await bench(await startTheirs(binary, false)) : undefined;
const ours = await bench(await startOurs(false));
console.log(`added to a request (medians of ${ROUNDS} × ${REQUESTS} requests, 16 at once)`);
for (const [name, cost] of Object.entries(ours)) {
  const other = theirs?.[name];
  console.log(`${name.padEnd(30)} ours ${show(cost)}${other ? `   Envoy + ratelimit + Redis ${show(other)}` : ''}`);
}
const NEW = 'a new key each time';
const theirsOnDisk = binary ? (await bench(await startTheirs(binary, true), [NEW]))[NEW] : undefined;
const oursOnDisk = (await bench(await startOurs(true), [NEW]))[NEW];
const beside = theirsOnDisk ? `   with Redis' appendfsync always ${show(theirsOnDisk)}` : '';
if (oursOnDisk) console.log(`${'… synced to disk before answers'.padEnd(30)} ours ${show(oursOnDisk)}${beside}`);
const alone = await decisionCost();
console.log('the decision alone, in workerd (descriptor, limit, permit or memory of it; no HTTP)');
for (const [name, cpu] of Object.entries(alone)) {
  const other = theirs?.[name];
  const times = other ? `   theirs ${other.cpu.toFixed(1)} µs: ${(other.cpu / cpu).toFixed(0)} times as much` : '';
  console.log(`${name.padEnd(30)} ours ${cpu.toFixed(2).padStart(8)} µs CPU${times}`);
}
