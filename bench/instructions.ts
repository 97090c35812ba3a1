/**
 * Instructions a request instead of time: what callgrind counts on the thread that runs JavaScript does not depend on what else the
 * machine does, so that differences of some per cent can be told from one run. `npm run bench -- instructions [sizes…]`;
 * needs valgrind.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './load.ts';
import { median, requestHead, type Subject } from './measure.ts';
import { SHAPES } from './shapes.ts';
import { startBowsprit, startWorker } from './subjects.ts';
import { table } from './table.ts';

const SIZES = [1_000];
const PLAIN = requestHead('app.example.com', '/x/y?z=1', []);
/** Requests until V8 has compiled what is hot. */
const WARM_UP = 15_000;
/** Of so many requests each; in few of them V8 collects everything, which would drown what is compared. */
const WINDOWS = 7;
const WINDOW = 800;

/** Thousands of instructions a request; behind each, how many more than the floor. */
export async function instructionsTable(upstream: number, sizes: readonly number[] = SIZES): Promise<string> {
  const floor = await counted((under) => startWorker('floor', upstream, { under }), PLAIN);
  const passThrough = await counted((under) => startWorker('pass-through', upstream, { under }), PLAIN);
  const cell = (count: number) => `${Math.round(count / 1000)} (${signed(Math.round((count - floor) / 1000))})`;
  const rows = [
    ['pass-through', cell(passThrough)],
    ['floor', cell(floor)],
  ];
  for (const shape of SHAPES) {
    const cells: string[] = [];
    for (const size of sizes) {
      const { host, path, headers } = shape.request(size);
      const start = (under: readonly string[]) => startBowsprit(shape.virtualHosts(size), upstream, under);
      cells.push(cell(await counted(start, requestHead(host, path, headers))));
    }
    rows.push([shape.name, ...cells]);
  }
  return table(
    ['1,000 instructions (over the floor)', ...sizes.map((size) => `${size.toLocaleString('en')} routes`)],
    rows,
  );
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value)}`;

/** Starts a subject under callgrind, warms it up, and counts while it is under load. */
async function counted(start: (under: readonly string[]) => Promise<Subject>, head: string): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'instructions-'));
  const subject = await start(callgrind(join(directory, 'out')));
  const counts: number[] = [];
  try {
    await send(subject, head, WARM_UP);
    control(subject, '--instr=on');
    for (let window = 1; window <= WINDOWS; window++) {
      const requests = await send(subject, head, WINDOW);
      control(subject, '--dump');
      counts.push(instructionsIn(directory, window) / requests);
    }
    return median(counts);
  } finally {
    await subject.stop();
    rmSync(directory, { recursive: true });
  }
}

/** At least so many requests. @returns how many it were */
async function send({ port }: Subject, head: string, least: number): Promise<number> {
  let sent = 0;
  while (sent < least) sent += (await load({ port, head, connections: 4, seconds: 1, rate: 0 })).requests;
  return sent;
}

const callgrind = (out: string): string[] => [
  'valgrind',
  '--quiet',
  '--tool=callgrind',
  '--instr-atstart=no',
  '--separate-threads=yes',
  // V8 writes the code that it runs.
  '--smc-check=all-non-file',
  `--callgrind-out-file=${out}`,
];

function control({ pid }: Subject, command: string): void {
  execFileSync('callgrind_control', [command, String(pid)], { stdio: 'ignore' });
}

/** Since the dump before, of the first thread; the others compile and collect. */
function instructionsIn(directory: string, dump: number): number {
  const dumped = readFileSync(join(directory, `out.${dump}-01`), 'utf8');
  const totals = /^totals: (\d+)$/m.exec(dumped)?.[1];
  if (totals === undefined) throw new Error('callgrind counted nothing');
  return Number(totals);
}
