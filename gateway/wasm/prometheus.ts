/** Filters in Prometheus' text: what they count themselves, under their own names as in Envoy, and how their VMs fare. */
import { exposeMetrics, labels } from '../telemetry/prometheus.ts';
import { MetricType } from './abi.ts';
import type { Metric } from './metrics.ts';
import type { PluginStats } from './plugin.ts';
import { wasmTelemetry } from './registry.ts';

const KINDS: readonly [stat: keyof PluginStats, help: string][] = [
  ['started', 'VMs started'],
  ['startFailures', 'starts that failed'],
  ['traps', 'VMs lost to a trap'],
  ['refused', 'requests answered 503 without a VM'],
  ['skipped', 'requests let past by FAIL_OPEN'],
  ['reloads', 'starts after a failure'],
  ['backoffs', 'requests within the back-off of a reload'],
];

export function renderWasm(): string {
  const { metrics, plugins } = wasmTelemetry();
  const own = metrics.map(render).join('');
  if (plugins.length === 0) return own;
  const lines = plugins.flatMap(({ name, stats }) =>
    KINDS.map(([event]) => `bowsprit_filter_events_total${labels({ filter: name, event })} ${stats[event]}\n`),
  );
  return `${own}# TYPE bowsprit_filter_events_total counter\n${lines.join('')}`;
}

/** A histogram gives how often and how much was recorded; its buckets are the reader's business. */
function render({ name, type, value, sum }: Metric): string {
  const family = name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d)/, '_');
  if (type === MetricType.Counter) return `# TYPE ${family} counter\n${family} ${value}\n`;
  if (type === MetricType.Gauge) return `# TYPE ${family} gauge\n${family} ${value}\n`;
  return `# TYPE ${family} summary\n${family}_sum ${sum}\n${family}_count ${value}\n`;
}

exposeMetrics(renderWasm);
