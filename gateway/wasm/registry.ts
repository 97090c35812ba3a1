/** What an isolate keeps of filters: the modules that it was given, and one plugin for each configured use of one. */
import type { Snapshot, WasmBinding } from '../snapshot.ts';
import type { Host } from './host.ts';
import { isolateHost } from './isolate-host.ts';
import type { Metric } from './metrics.ts';
import { Plugin, type PluginStats } from './plugin.ts';

const modules = new Map<string, WebAssembly.Module>();
const plugins = new Map<string, Plugin>();
let shared: Host | undefined;

function host(): Host {
  shared ??= isolateHost();
  return shared;
}

/**
 * Called by the Worker's entry, which imports the modules by name, and later where the runtime can compile more. A plugin that
 * was without its module gets a new try.
 */
export function registerModules(bySha256: Readonly<Record<string, WebAssembly.Module>>): void {
  for (const [sha256, module] of Object.entries(bySha256)) modules.set(sha256, module);
  for (const [key, plugin] of plugins) if (!plugin.hasModule) plugins.delete(key);
}

/** The same binding in a later Snapshot goes on with the same VM: what it has counted and remembered stays. */
export function pluginFor(binding: WasmBinding): Plugin {
  const key = keyOf(binding);
  const known = plugins.get(key);
  if (known) return known;
  const { name, sha256, pluginConfig, pluginName, failStrategy, env } = binding;
  const config = { name, rootId: pluginName, vmId: '', configuration: pluginConfig, env, failStrategy };
  const plugin = new Plugin(config, modules.get(sha256), host());
  plugins.set(key, plugin);
  return plugin;
}

/** Forgets the modules and VMs of filters that none of these Snapshots has. */
export function keepFilters(snapshots: readonly Snapshot[]): void {
  const bindings = snapshots.flatMap(bindingsOf);
  const digests = new Set(bindings.map(({ sha256 }) => sha256));
  const keys = new Set(bindings.map(keyOf));
  for (const digest of modules.keys()) if (!digests.has(digest)) modules.delete(digest);
  for (const key of plugins.keys()) if (!keys.has(key)) plugins.delete(key);
}

/** Of every filter of a Snapshot; a filter whose module nobody could fetch has none. */
export function digestsOf(snapshot: Pick<Snapshot, 'listeners'>): string[] {
  return bindingsOf(snapshot).flatMap(({ sha256 }) => (sha256 === '' ? [] : [sha256]));
}

export const hasModule = (sha256: string): boolean => modules.has(sha256);

function bindingsOf({ listeners }: Pick<Snapshot, 'listeners'>): WasmBinding[] {
  return listeners.flatMap(({ httpFilters }) =>
    httpFilters.flatMap(({ config }) => (config.kind === 'wasm' ? [config] : [])),
  );
}

function keyOf({ name, sha256, pluginConfig, pluginName, failStrategy, env }: WasmBinding): string {
  return JSON.stringify([name, sha256, pluginConfig, pluginName, failStrategy, env]);
}

/** For /stats/prometheus: what filters count themselves, and how their VMs fare. */
export function wasmTelemetry(): { metrics: readonly Metric[]; plugins: { name: string; stats: PluginStats }[] } {
  return {
    metrics: host().metrics.all(),
    plugins: [...plugins.values()].map(({ config, stats }) => ({ name: config.name, stats })),
  };
}
