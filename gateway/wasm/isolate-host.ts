/** The host of an isolate: real clock and randomness, one store of metrics, shared data and queues for all filters. */
import type { LogLevel } from './abi.ts';
import type { Host, PluginConfig } from './host.ts';
import { Metrics } from './metrics.ts';
import { SharedData } from './shared-data.ts';
import { SharedQueues } from './shared-queues.ts';

/** Istio's default for the wasm logger of a gateway. */
const DEFAULT_LEVEL: LogLevel = 'warn';

export function isolateHost(): Host {
  return {
    nowMs: () => Date.now(),
    // Never 0, which Go's runtime takes for a broken clock; workerd's stands at 0 when an isolate starts.
    monotonicMs: () => performance.now() + 1,
    random: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
    log: logToConsole,
    logLevel: DEFAULT_LEVEL,
    metrics: new Metrics(),
    shared: new SharedData(),
    queues: new SharedQueues(),
  };
}

/** One JSON line each, so that `bowsprit tail` and log shippers can read it. */
function logToConsole(level: LogLevel, message: string, plugin: PluginConfig): void {
  const line = JSON.stringify({ wasm: plugin.name, rootId: plugin.rootId || undefined, level, message });
  if (level === 'error' || level === 'critical') console.error(line);
  else if (level === 'warn') console.warn(line);
  else console.log(line);
}
