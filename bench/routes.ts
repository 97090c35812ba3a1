/** Cost against the number of routes: every shape at every size, the last route hit, Envoy beside us. */
import { compare, requestHead, type Subject, warmUp } from './measure.ts';
import { SHAPES } from './shapes.ts';
import { startBowsprit, startEnvoy, startWorker } from './subjects.ts';
import { table } from './table.ts';

const SIZES = [10, 1_000, 10_000, 100_000];
const PLAIN = requestHead('app.example.com', '/x/y?z=1', []);

/** Costs in CPU µs a request; behind each, how many more than the floor in the same minute. */
export async function routesTable(upstream: number, sizes: readonly number[] = SIZES): Promise<string> {
  const floor = await startWorker('floor', upstream);
  await warmUp(floor, PLAIN);
  const rows: string[][] = [];
  try {
    rows.push(['pass-through', await cell(await startWorker('pass-through', upstream), PLAIN, floor)]);
    for (const shape of SHAPES)
      for (const start of [startBowsprit, startEnvoy]) {
        const cells: string[] = [];
        for (const size of sizes) {
          const { host, path, headers } = shape.request(size);
          const subject = await start(shape.virtualHosts(size), upstream);
          cells.push(await cell(subject, requestHead(host, path, headers), floor));
        }
        rows.push([`${shape.name}: ${start === startEnvoy ? 'envoy' : 'bowsprit'}`, ...cells]);
        console.error(rows.at(-1)!.join(' '));
      }
  } finally {
    await floor.stop();
  }
  return table(['CPU µs (over the floor)', ...sizes.map((size) => `${size.toLocaleString('en')} routes`)], rows);
}

/** Measures and stops a subject. */
async function cell(subject: Subject, head: string, floor: Subject): Promise<string> {
  try {
    const { cost, over } = await compare(subject, head, floor, PLAIN);
    return `${Math.round(cost)} (${over < 0 ? '−' : '+'}${Math.abs(Math.round(over))})`;
  } finally {
    await subject.stop();
  }
}
