/** One generation of gateway processes: N workerd with the same configuration, replaced or given a new Snapshot as one. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServedCount } from '../../gateway/served-count.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { ADMIN_SOCKET, directSocket, type GenerationFiles, SNAPSHOT_FILE, socketPath } from './generation-files.ts';
import { adoptModules } from './module-files.ts';
import { handOver } from './pieces.ts';
import type { PortPlan } from './plan.ts';
import { callSocket } from './unix-http.ts';
import { watchProcess } from './watchdog.ts';
import { type Supervised, superviseWorkerd } from './workerd.ts';

export interface Generation {
  snapshot: Snapshot;
  shape: string;
  plans: PortPlan[];
  processes: readonly Supervised[];
  /** How many processes had to be killed because they did not answer any more. */
  replaced: number;
  /** Unix socket of one process: `frontSocket()` or ADMIN_SOCKET. */
  socketPath(process: number, name: string): string;
  /** Gives the running processes, and those that take their place, the filters of `next`, which has the same shape. */
  adopt(next: GenerationFiles): Promise<void>;
  /** Hands a Snapshot to the running processes. Rejects when one of them did not take it; then only a new generation helps. */
  publish(snapshot: Snapshot): Promise<void>;
  /** Gives `percent` of the requests to another Snapshot, or to none (undefined). */
  stage(candidate: Snapshot | undefined, percent: number): Promise<void>;
  /** What the processes answered with each Snapshot, added up. */
  served(): Promise<ServedCount[]>;
  /** Lets the processes answer what they have accepted, then ends them. */
  drain(): Promise<void>;
}

/** How long a process may be silent; the work of a filter's callback is bounded far below that. */
export const SILENT_MS = 10_000;

/**
 * Resolves when every process accepts on every socket; throws (and leaves nothing running) when one cannot start.
 * `descriptors`: listening socket (file descriptor) by Gateway port.
 */
export async function startGeneration(
  files: GenerationFiles,
  descriptors: ReadonlyMap<number, number>,
): Promise<Generation> {
  const { input, plans, shape } = files;
  let newest = input.snapshot;
  let inFile: Snapshot | undefined;
  /** The file is large, and read only by a process that starts. */
  const writeSnapshot = (): void => {
    if (newest !== inFile) writeFileSync(join(input.folder, SNAPSHOT_FILE), JSON.stringify(newest), { mode: 0o600 });
    inFile = newest;
  };
  const processes = files.processes.map((_, index) => startProcess(index, { ...files, descriptors }, writeSnapshot));
  const pathOf = (process: number, name: string): string => socketPath(input.folder, process, name);
  let watches: (() => void)[] = [];
  const drain = async (): Promise<void> => {
    for (const end of watches) end();
    await Promise.all(processes.map((process) => process.stop()));
    rmSync(input.folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(processes.map(({ ready }, index) => ready.then(() => warm(pathOf(index, ADMIN_SOCKET)))));
  } catch (error) {
    await drain();
    throw error;
  }
  /** Digests of the modules that every process surely has: it forgets what two Snapshots in a row did not name. */
  let known = new Set(input.filters.keys());
  const { silentMs = SILENT_MS } = input;
  watches = processes.map((process, index) =>
    watchProcess({
      title: titleOf(index),
      socket: socketPath(input.folder, index, ADMIN_SOCKET),
      process,
      boundMs: silentMs,
      replaced: () => {
        generation.replaced++;
      },
    }),
  );
  const generation: Generation = {
    snapshot: input.snapshot,
    shape,
    plans,
    processes,
    replaced: 0,
    drain,
    socketPath: pathOf,
    adopt: async ({ input: { filters, folder } }) => {
      adoptModules(input.folder, folder);
      const added = [...filters].filter(([digest]) => !known.has(digest));
      for (const [digest, file] of added) {
        const body = readFileSync(file);
        await Promise.all(processes.map((_, index) => addModule(pathOf(index, ADMIN_SOCKET), digest, body)));
      }
      known = new Set(filters.keys());
    },
    stage: async (candidate, percent) => {
      const stageIn = (socket: string) =>
        candidate ? handOver(candidate, socket, `/candidate?percent=${percent}`) : endStaging(socket);
      await Promise.all(processes.map((_, index) => stageIn(pathOf(index, ADMIN_SOCKET))));
    },
    served: async () => {
      const texts = await Promise.all(
        processes.map((_, index) => callSocket(pathOf(index, ADMIN_SOCKET), 'GET', '/served')),
      );
      return addedUp(texts.flatMap(({ text }) => JSON.parse(text) as ServedCount[]));
    },
    publish: async (snapshot) => {
      await Promise.all(processes.map((_, index) => handOver(snapshot, pathOf(index, ADMIN_SOCKET), '/snapshot')));
      newest = snapshot;
      generation.snapshot = snapshot;
    },
  };
  return generation;
}

/** So that the first request of a large Snapshot does not wait for its indexes; one that cannot do it makes them then. */
async function warm(socket: string): Promise<void> {
  await callSocket(socket, 'PUT', '/warm', { timeoutMs: WARM_MS }).catch(() => undefined);
}
const WARM_MS = 20_000;

async function endStaging(socket: string): Promise<void> {
  const { status } = await callSocket(socket, 'DELETE', '/candidate');
  if (status !== 204) throw new Error(`a gateway process did not end the staging (${status})`);
}

async function addModule(socket: string, digest: string, body: Uint8Array): Promise<void> {
  const { status } = await callSocket(socket, 'PUT', `/modules/${digest}`, { body });
  if (status !== 204) throw new Error(`a gateway process did not take the module ${digest} (${status})`);
}

function addedUp(counts: readonly ServedCount[]): ServedCount[] {
  const sums = new Map<string, ServedCount>();
  for (const { id, requests, errors } of counts) {
    const sum = sums.get(id) ?? { id, requests: 0, errors: 0 };
    sums.set(id, { id, requests: sum.requests + requests, errors: sum.errors + errors });
  }
  return [...sums.values()];
}

const titleOf = (index: number): string => `gateway process ${index}`;

function startProcess(
  index: number,
  { plans, processes, secrets, descriptors }: GenerationFiles & { descriptors: ReadonlyMap<number, number> },
  beforeStart: () => void,
): Supervised {
  const { config, sockets } = processes[index]!;
  const direct = plans.filter(({ kind }) => kind === 'direct').map(({ port }) => port);
  const inherited = Object.fromEntries(direct.map((port) => [directSocket(port), descriptors.get(port)!]));
  return superviseWorkerd({ title: titleOf(index), config, sockets, inherited, secrets, beforeStart });
}
