/** What an isolate keeps of filters: the modules that it was started with, and one plugin for each configured use of one. */
import type { WasmBinding } from '../snapshot.ts';
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

/** Called by the Worker's entry, which imports the modules by name: workerd compiles none at run time. */
export function registerModules(bySha256: Readonly<Record<string, WebAssembly.Module>>): void {
  for (const [sha256, module] of Object.entries(bySha256)) modules.set(sha256, module);
}

/** The same binding in a later Snapshot goes on with the same VM: what it has counted and remembered stays. */
export function pluginFor(binding: WasmBinding): Plugin {
  const { name, sha256, pluginConfig, pluginName, failStrategy, env } = binding;
  const key = JSON.stringify([name, sha256, pluginConfig, pluginName, failStrategy, env]);
  const known = plugins.get(key);
  if (known) return known;
  const config = { name, rootId: pluginName, vmId: '', configuration: pluginConfig, env, failStrategy };
  const plugin = new Plugin(config, modules.get(sha256), host());
  plugins.set(key, plugin);
  return plugin;
}

/** For /stats/prometheus: what filters count themselves, and how their VMs fare. */
export function wasmTelemetry(): { metrics: readonly Metric[]; plugins: { name: string; stats: PluginStats }[] } {
  return {
    metrics: host().metrics.all(),
    plugins: [...plugins.values()].map(({ config, stats }) => ({ name: config.name, stats })),
  };
}
