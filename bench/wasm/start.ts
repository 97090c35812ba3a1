/** From the start of a process to its first answer, with 20 filters and without: wall time and CPU, the least of some starts. */
import { startEdge } from '../../test/support/edge.ts';
import { cpuMicroseconds } from '../cpu.ts';
import { asServed, type Case, distinct, GATEWAY_PORT, snapshotFor, type Wasm } from './cases.ts';
import { startEnvoyWith } from './envoy.ts';

const STARTS = 5;

/** Milliseconds. */
export interface Start {
  wall: number;
  cpu: number;
}

interface Started {
  pid: number;
  port: number;
  /** performance.now() when the process was started. */
  since: number;
  stop(): void | Promise<void>;
}

type Starter = (one: Case, modules: Readonly<Record<string, Wasm>>, folder: string) => Promise<Started>;

const startedEdge: Starter = async (one, modules) => {
  const { port, ...edge } = await startEdge(snapshotFor([one]), { filters: modules });
  return { ...edge, port: port(GATEWAY_PORT) };
};

const startedEnvoy: Starter = async (one, modules, folder) => {
  const { ports, ...envoy } = await startEnvoyWith([one], modules, folder);
  return { ...envoy, port: ports[0]! };
};

/** Every filter is a module of its own; `folder` is where Envoy finds them. */
export async function starts(
  module: Wasm,
  count: number,
  folder: string,
): Promise<Record<'edge' | 'envoy', { without: Start; with: Start }>> {
  const names = Array.from({ length: count }, (_, index) => `start-${index}`);
  const modules = Object.fromEntries(names.map((name, index) => [name, distinct(module, index)]));
  const both = async (starter: Starter, edgeModules: typeof modules) => ({
    without: await least(() => starter({ name: '', filters: [] }, {}, folder)),
    with: await least(() => starter({ name: '', filters: names }, edgeModules, folder)),
  });
  return { edge: await both(startedEdge, asServed(modules)), envoy: await both(startedEnvoy, modules) };
}

async function least(start: () => Promise<Started>): Promise<Start> {
  const found = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
  for (let i = 0; i < STARTS; i++) {
    const { pid, port, since, stop } = await start();
    const { status } = await fetch(`http://127.0.0.1:${port}/a/path`);
    found.wall = Math.min(found.wall, performance.now() - since);
    found.cpu = Math.min(found.cpu, cpuMicroseconds(pid) / 1_000);
    await stop();
    if (status !== 200) throw new Error(`the first answer is ${status}`);
  }
  return found;
}
