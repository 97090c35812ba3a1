/** The state process: Durable Objects on disk (the counters of global rate limits), one for all gateway processes. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { bundleWorker } from './bundle.ts';
import { workerdConfig } from './capnp.ts';
import { callSocket } from './unix-http.ts';
import { type Supervised, superviseWorkerd } from './workerd.ts';

/** The Durable Object classes of gateway/state.ts with their names in its env. */
const CLASSES = [{ binding: 'COUNTERS', className: 'CounterObject' }];

/** Only limits that all requests share have to be counted in one place. */
export function needsState({ listeners }: Snapshot): boolean {
  return listeners.some(({ httpFilters }) => httpFilters.some(({ config }) => config.kind === 'ratelimit'));
}

/**
 * Starts the process; its objects are kept under `data`, its files and the Unix socket `address` on which gateway
 * processes reach it in `folder`. Throws when workerd does not start.
 */
export async function startState(folder: string, data: string): Promise<{ process: Supervised; address: string }> {
  const bundle = await bundleWorker('gateway/state.ts');
  const disk = resolve(data);
  mkdirSync(disk, { recursive: true, mode: 0o700 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  copyFileSync(bundle.file, join(folder, 'state.js'));
  const address = `unix:${join(folder, 'rpc')}`;
  const sockets = [{ name: 'rpc', address, rpc: true }];
  const config = join(folder, 'state.capnp');
  const modules = [{ name: 'state.js', kind: 'esModule' as const, file: 'state.js' }];
  const durableObjects = { classes: CLASSES, disk };
  writeFileSync(config, workerdConfig({ modules, json: [], externals: [], durableObjects, sockets }));
  const process = superviseWorkerd({ title: 'state process', config, sockets, inherited: {} });
  await process.ready;
  // Opens every object's database now, so that no request waits for it.
  await callSocket(join(folder, 'rpc'), 'GET', '/counters?most=1').catch(() => undefined);
  return { process, address };
}
