/**
 * Filters' own counters, gauges and histograms, per isolate. A name is one metric however often and by whomever it is
 * defined; the id says the kind in its low two bits, as Envoy's ids do. Values are exact up to 2^53.
 */
import { MAX_METRIC_TYPE, MetricType, Status } from './abi.ts';

export interface Metric {
  type: number;
  name: string;
  value: number;
  /** Histogram only, whose `value` is how often something was recorded. */
  sum: number;
}

const ID_STEP = 4;

export class Metrics {
  readonly #byName = new Map<string, Metric>();
  readonly #byId = new Map<number, Metric>();
  #next = ID_STEP;

  define(type: number, name: string): number | typeof Status.BadArgument {
    if (type > MAX_METRIC_TYPE) return Status.BadArgument;
    const key = `${type}\0${name}`;
    const metric = this.#byName.get(key) ?? { type, name, value: 0, sum: 0 };
    this.#byName.set(key, metric);
    const id = this.#next | type;
    this.#next += ID_STEP;
    this.#byId.set(id, metric);
    return id;
  }

  increment(id: number, offset: bigint): Status {
    if ((id & 3) === MetricType.Histogram || (id & 3) > MAX_METRIC_TYPE) return Status.BadArgument;
    const metric = this.#byId.get(id);
    if (!metric) return Status.NotFound;
    if (metric.type === MetricType.Counter && offset <= 0n) return Status.BadArgument;
    metric.value += Number(offset);
    return Status.Ok;
  }

  /** Adds to a counter, sets a gauge, samples a histogram. */
  record(id: number, value: number): Status {
    const metric = this.#byId.get(id);
    if (!metric) return Status.NotFound;
    if (metric.type === MetricType.Counter) metric.value += value;
    else if (metric.type === MetricType.Gauge) metric.value = value;
    else {
      metric.value += 1;
      metric.sum += value;
    }
    return Status.Ok;
  }

  read(id: number): number | { failed: Status } {
    if ((id & 3) > MetricType.Gauge) return { failed: Status.BadArgument };
    const metric = this.#byId.get(id);
    return metric ? metric.value : { failed: Status.NotFound };
  }

  /** Everything defined so far, by name. */
  all(): readonly Metric[] {
    return [...this.#byName.values()];
  }
}
