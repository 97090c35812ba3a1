/**
 * Filters that came after the deployment. The runtime compiles no Wasm in a running Worker, and a compiled module cannot be
 * handed from one to another; but a Worker Loader starts a new one with modules of bytes. So a Snapshot that names a filter which is
 * not part of the deployment is served by a dynamic worker: the whole gateway again, with that Snapshot's filters, one for each set
 * of them. A request then costs one call between two Workers more, until the next deployment has the filters built in.
 */
import type { SocketProps } from '../bindings.ts';
import type { Snapshot } from '../snapshot.ts';
import type { SnapshotHead } from '../snapshot-shards.ts';
import { digestsOf, hasModule } from '../wasm/registry.ts';
import { moduleKey } from './module-key.ts';
import { offer } from './offered.ts';
import type { DynamicProps } from './outside.ts';

/** The platform's binding (`worker_loaders`). */
export interface WorkerLoader {
  get(
    id: string,
    code: () => Promise<DynamicCode>,
  ): { getEntrypoint(name?: string, options?: { props: DynamicProps }): Fetcher };
}
export interface DynamicCode {
  compatibilityDate: string;
  compatibilityFlags: string[];
  mainModule: string;
  modules: Record<string, string | { wasm: ArrayBuffer }>;
  env: Record<string, unknown>;
}

/** Where the control API puts modules, with their bounds. */
export interface ModuleBytes {
  get(key: string, options: { type: 'arrayBuffer'; cacheTtl?: number }): Promise<ArrayBuffer | null>;
}
/** Content never changes under its key; but KV remembers that there was nothing for as long, too. */
const CACHE_SECONDS = 300;

export interface DynamicOptions {
  loader: WorkerLoader;
  bytes: ModuleBytes;
  /** The gateway's bundle (gateway/dynamic/entry.ts) and a name that changes with it. */
  code: { text: string; id: string };
  /** Bindings that a dynamic worker can be given, with OUTSIDE. */
  env: Record<string, unknown>;
}

/** As in wrangler.toml. */
const COMPATIBILITY_DATE = '2026-08-01';
const ENTRY = 'main.js';
const GATEWAY = 'gateway.js';

/** Whether a Snapshot has a filter that this deployment does not: its other half is in a dynamic worker. */
export function needsLoader(snapshot: Pick<Snapshot, 'listeners'>): boolean {
  return digestsOf(snapshot).some((digest) => !hasModule(digest));
}

/** Passes the request to the Snapshot's dynamic worker, which is started when it does not run. */
export function serveDynamically(
  request: Request,
  snapshot: Snapshot,
  props: SocketProps,
  options: DynamicOptions,
): Promise<Response> {
  return entrypoint(snapshot, { ...props, snapshot: offer(snapshot) }, options).fetch(request);
}

/** Starts a Snapshot's dynamic worker before requests come; rejects when a module cannot be had. */
export async function prepareDynamic(head: Pick<SnapshotHead, 'listeners'>, options: DynamicOptions): Promise<void> {
  if (!needsLoader(head)) return;
  await entrypoint(head, { port: 0 }, options).fetch('http://dynamic/');
}

/** Starts that failed, by set of filters: a loader remembers them under their id, so the next one gets another. */
const failures = new Map<string, number>();

function entrypoint(snapshot: Pick<Snapshot, 'listeners'>, props: DynamicProps, options: DynamicOptions): Fetcher {
  const digests = [...new Set(digestsOf(snapshot))].sort();
  const set = digests.join(' ');
  const failed = failures.get(set) ?? 0;
  const code = () =>
    codeOf(digests, options).catch((error: Error) => {
      failures.set(set, failed + 1);
      throw error;
    });
  return options.loader.get(`${options.code.id} ${failed} ${set}`, code).getEntrypoint(undefined, { props });
}

async function codeOf(digests: readonly string[], { bytes, code, env }: DynamicOptions): Promise<DynamicCode> {
  const modules: DynamicCode['modules'] = { [ENTRY]: entryOf(digests), [GATEWAY]: code.text };
  await Promise.all(
    digests.map(async (digest) => {
      const wasm = await bytes.get(moduleKey(digest), { type: 'arrayBuffer', cacheTtl: CACHE_SECONDS });
      if (!wasm) throw new Error(`the filter ${digest} is not in the store yet`);
      modules[`${digest}.wasm`] = { wasm };
    }),
  );
  return {
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: ['nodejs_compat'],
    mainModule: ENTRY,
    modules,
    env,
  };
}

function entryOf(digests: readonly string[]): string {
  const imports = digests.map((digest, index) => `import filter${index} from './${digest}.wasm';`);
  const table = digests.map((digest, index) => `'${digest}': filter${index}`).join(', ');
  return [
    `import gateway, { registerModules } from './${GATEWAY}';`,
    ...imports,
    `registerModules({ ${table} });`,
    'export default gateway;',
  ].join('\n');
}
