/** Files named on the command line in, a compiled Snapshot with its findings out; shared by every command that takes -f. */
import { parse } from 'yaml';
import { validated } from '../control-api/analysis/validate/validate.ts';
import { type Compiled, compile } from '../control-api/compile/compile.ts';
import { type CompileInput, INGRESS_GATEWAY, type ModuleSource } from '../control-api/compile/processor.ts';
import { loadResources, type SourceFile } from '../control-api/resources/load.ts';
import type { FloorSource } from '../control-api/store/floor.ts';
import type { Snapshot } from '../gateway/snapshot.ts';
import { CommandError, EXIT } from './exit.ts';
import { readSources } from './files.ts';
import { ModuleStore } from './modules/store.ts';

export interface ConfigurationOptions {
  /** FILE, DIR (its .yaml, .yml and .json files, sub-folders too) or `-`. */
  filename: string[];
  meshConfig?: string;
  namespace: string;
  /** Wasm modules that have been fetched for this run. */
  modules?: ModuleStore;
}

export interface Configuration extends Compiled {
  /** What was compiled: the valid resources only. */
  input: CompileInput;
  /** File of each Wasm module of the Snapshot, by SHA-256. */
  filters: ReadonlyMap<string, string>;
}

/** What the files hold, unread: for the control process, which lays objects over it. */
export function readFloor(options: ConfigurationOptions): FloorSource {
  const mesh = options.meshConfig === undefined ? {} : readMeshConfig(options.meshConfig);
  return { files: readSources(options.filename), namespace: options.namespace, mesh };
}

/** Reads, loads and compiles. Throws a CommandError (65) only when something cannot be read at all. */
export function readConfiguration(options: ConfigurationOptions & Served): Configuration {
  const mesh = options.meshConfig === undefined ? {} : readMeshConfig(options.meshConfig);
  return configurationOf(readSources(options.filename), mesh, options);
}

/** What is served now: it stays where its replacement is in error. */
interface Served {
  previous?: Snapshot | undefined;
}

/** The same for texts that have been read. */
export function configurationOf(
  files: readonly SourceFile[],
  mesh: Record<string, unknown>,
  {
    namespace,
    modules = new ModuleStore({ offline: true }),
    previous,
  }: Pick<ConfigurationOptions, 'namespace' | 'modules'> & Served,
): Configuration {
  const loaded = validated(loadResources(files, { namespace }));
  const find: ModuleSource = (reference) => modules.find(reference);
  const known = previous && { previous };
  const input: CompileInput = { resources: loaded.resources, mesh, identity: INGRESS_GATEWAY, modules: find, ...known };
  const compiled = compile(input);
  return { ...compiled, input, filters: modules.files, findings: [...loaded.findings, ...compiled.findings] };
}

/** Fetches the Wasm modules that the configuration names; for commands that will run them. */
export async function fetchFilters(options: ConfigurationOptions): Promise<ModuleStore> {
  const store = new ModuleStore();
  const files = readSources(options.filename);
  if (files.some(({ text }) => text.includes('extensions.istio.io'))) {
    const { resources } = loadResources(files, { namespace: options.namespace });
    await (await import('./modules/fetch.ts')).fetchModules(resources, store);
  }
  return store;
}

/** Istio's MeshConfig: the bare document, or the ConfigMap `istio` that holds it under `mesh`. */
function readMeshConfig(name: string): Record<string, unknown> {
  const text = readSources([name])[0]?.text ?? '';
  try {
    const value = parse(text, { version: '1.1' }) ?? {};
    if (value.kind === 'ConfigMap') return parse(value.data?.mesh ?? '', { version: '1.1' }) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw new Error('it is not a mapping');
    return value;
  } catch (error) {
    throw new CommandError(`${name} is not a MeshConfig: ${(error as Error).message}`, EXIT.unreadable);
  }
}
