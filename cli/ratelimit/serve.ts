/**
 * `bowsprit ratelimit serve`: envoyproxy/ratelimit's HTTP API in one workerd process with the counters' Durable Objects.
 * A configuration error leaves the last good configuration in force and is printed; a changed file is loaded again.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LimitFile } from '../../control-api/compile/ratelimit/load.ts';
import { bundleWorker } from '../serve/bundle.ts';
import { type WorkerConfig, workerdConfig } from '../serve/capnp.ts';
import { makeScratchFolder } from '../serve/run-folder.ts';
import { stateService } from '../serve/state.ts';
import { callSocket } from '../serve/unix-http.ts';
import { watchFiles } from '../serve/watch.ts';
import { type Supervised, superviseWorkerd } from '../serve/workerd.ts';
import { checkLimits } from './check.ts';
import { mergesDomains, serviceSettings } from './settings.ts';

export interface ServeOptions {
  /** Files, or folders whose files are all read. */
  config: string[];
  /** `host:port`, or a port on 127.0.0.1. */
  listen: string;
  testClock: boolean;
  /** Address of `/counters`, like `listen`. */
  admin?: string;
  /** Where the counters are kept; absent: until the process ends. */
  data?: string;
  /** Address of a state process that keeps the counters instead: `host:port`, or the path of its Unix socket. */
  state?: string;
  /** The folder of state.crt, .key and .ca.crt, for the state process of another machine. */
  certs?: string;
}

/** Runs until SIGTERM or SIGINT. @throws when workerd does not start. */
export async function runServe(options: ServeOptions): Promise<void> {
  const folder = makeScratchFolder();
  const limits = join(folder, 'limits.json');
  writeFileSync(limits, JSON.stringify(loadAll(options.config)));
  const service = await start(folder, options);
  await service.ready;
  const stopWatching = watchFiles(watched(options.config), () => void reload(folder, limits, options));
  console.log(`listening on ${address(options.listen)}`);
  await new Promise((done) => process.once('SIGTERM', done).once('SIGINT', done));
  stopWatching();
  await service.stop(5000);
  rmSync(folder, { recursive: true, force: true });
}

async function start(folder: string, options: ServeOptions): Promise<Supervised> {
  const bundle = await bundleWorker('gateway/ratelimit/service-worker.ts');
  copyFileSync(bundle.file, join(folder, 'service.js'));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(serviceSettings(process.env, options.testClock)));
  writeFileSync(join(folder, 'test-clock.json'), JSON.stringify(String(options.testClock)));
  const config = join(folder, 'service.capnp');
  const worker = workerOf(folder, options);
  writeFileSync(config, workerdConfig(worker));
  return superviseWorkerd({ title: 'rate-limit service', config, sockets: worker.sockets, inherited: {} });
}

function workerOf(folder: string, options: ServeOptions): WorkerConfig {
  const disk = resolve(options.data ?? join(folder, 'data'));
  mkdirSync(disk, { recursive: true });
  const classes = [{ binding: 'COUNTERS', className: 'CounterObject' }];
  return {
    modules: [{ name: 'service.js', kind: 'esModule', file: 'service.js' }],
    json: [
      { name: 'SETTINGS', file: 'settings.json' },
      { name: 'LIMITS', file: 'limits.json' },
      { name: 'TEST_CLOCK', file: 'test-clock.json' },
    ],
    externals: options.state ? [stateService(stateAddress(options.state), folder, options.certs)] : [],
    ...(options.state ? {} : { durableObjects: { classes, disk } }),
    sockets: [
      { name: 'service', address: address(options.listen) },
      { name: 'config', address: `unix:${join(folder, 'config')}`, props: { role: 'config' } },
      ...(options.admin ? [{ name: 'admin', address: address(options.admin), props: { role: 'admin' } }] : []),
    ],
  };
}

/** `host:port`, or the path of a Unix socket. */
const stateAddress = (state: string): string => (/^[^/]*:\d+$/.test(state) ? state : `unix:${resolve(state)}`);

const address = (listen: string): string => (listen.includes(':') ? listen : `127.0.0.1:${listen}`);

/** The service's domains, or null when the files are in error; the error is printed. */
function loadAll(paths: readonly string[]): unknown {
  const checked = checkLimits(readAll(paths), mergesDomains(process.env));
  if (checked.ok) return checked.domains;
  console.error(
    `Error loading new configuration: ${checked.error}\n  at ${checked.file}:${checked.line}:${checked.column}`,
  );
  return null;
}

/** A file that is gone drops its domain. */
function readAll(paths: readonly string[]): LimitFile[] {
  const files = paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isDirectory()) return stat ? [path] : [];
    return readdirSync(path)
      .filter((name) => !name.startsWith('.') && statSync(join(path, name)).isFile())
      .sort()
      .map((name) => join(path, name));
  });
  return files.map((name) => ({ name, content: readFileSync(name, 'utf8') }));
}

/** Files that are gone already cannot be watched; their folder can. */
function watched(paths: readonly string[]): string[] {
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false }));
}

async function reload(folder: string, limits: string, options: ServeOptions): Promise<void> {
  const domains = loadAll(options.config);
  if (!domains) return;
  // A process that dies starts again from this file.
  writeFileSync(limits, JSON.stringify(domains));
  await callSocket(join(folder, 'config'), 'PUT', '/config', { body: JSON.stringify(domains) });
  console.log('Successfully loaded new configuration');
}
