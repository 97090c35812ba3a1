/** Latency at fixed arrival rates, as shares of what each subject can do at all on this machine. */
import { measure, requestHead, type Subject } from './measure.ts';
import { SHAPES } from './shapes.ts';
import { startBowsprit, startEnvoy, startWorker } from './subjects.ts';
import { table } from './table.ts';

const SHARES = [0.25, 0.5, 0.75];
const ROUTES = 1_000;
/** Long enough for full garbage collections. */
const LONG_S = 8;

export async function latencyTable(upstream: number): Promise<string> {
  const shape = SHAPES[1]!;
  const { host, path, headers } = shape.request(ROUTES);
  const head = requestHead(host, path, headers);
  const subjects: (() => Promise<Subject>)[] = [
    () => startWorker('pass-through', upstream, { v8Flags: [] }),
    () => startWorker('pass-through', upstream),
    () => startBowsprit(shape.virtualHosts(ROUTES), upstream),
    () => startEnvoy(shape.virtualHosts(ROUTES), upstream),
  ];
  const rows: string[][] = [];
  for (const start of subjects) rows.push(await latencies(await start(), head));
  const columns = SHARES.map((share) => `${share * 100} %: rate, p50, p99 ms`);
  return table(['subject', 'capacity, requests/s', ...columns], rows);
}

async function latencies(subject: Subject, head: string): Promise<string[]> {
  try {
    const seconds = 2;
    const { requests } = await measure(subject, head, { seconds, connections: 16 });
    const capacity = requests / seconds;
    const cells: string[] = [];
    for (const share of SHARES) {
      const rate = Math.round(capacity * share);
      const { p50, p99 } = await measure(subject, head, { seconds: LONG_S, rate, connections: 32 });
      cells.push(`${rate}/s, ${p50.toFixed(2)}, ${p99.toFixed(2)}`);
    }
    return [subject.name, String(Math.round(capacity)), ...cells];
  } finally {
    await subject.stop();
  }
}
