/** A limit's metrics, in envoyproxy/ratelimit's names and by its arithmetic (base_limiter), counted in this isolate. */
import type { Ask, Counted } from './counters/client.ts';

export interface LimitCounts {
  totalHits: number;
  overLimit: number;
  nearLimit: number;
  overLimitWithLocalCache: number;
  withinLimit: number;
  shadowMode: number;
}

const METRICS: readonly [keyof LimitCounts, string][] = [
  ['totalHits', 'total_hits'],
  ['overLimit', 'over_limit'],
  ['nearLimit', 'near_limit'],
  ['overLimitWithLocalCache', 'over_limit_with_local_cache'],
  ['withinLimit', 'within_limit'],
  ['shadowMode', 'shadow_mode'],
];

/** Limits with a metric of their own; values in names (detailed_metric, value_to_metric) are the client's to choose. */
const MOST_LIMITS = 10_000;

export class LimitStats {
  readonly #limits = new Map<string, LimitCounts>();
  readonly #nearRatio: number;

  /** @param nearRatio NEAR_LIMIT_RATIO: the part of a limit from which on hits count as near it. */
  constructor(nearRatio = 0.8) {
    this.#nearRatio = nearRatio;
  }

  record(statKey: string, { limit, hits }: Ask, { after, local }: Counted, shadow: boolean): void {
    const counts = this.#countsOf(statKey);
    counts.totalHits += hits;
    if (after > limit) this.#over(counts, limit, hits, after, local, shadow);
    else {
      counts.withinLimit += hits;
      counts.nearLimit += Math.max(0, Math.min(hits, after - this.#near(limit)));
    }
  }

  /** The counts by limit, `domain.key_value.key`. */
  get limits(): ReadonlyMap<string, LimitCounts> {
    return this.#limits;
  }

  /** Prometheus' text form; the labels are the domain and the first two keys, as that service's own mapping has them. */
  prometheus(): string {
    return METRICS.map(([field, name]) => series(`ratelimit_service_rate_limit_${name}`, this.#limits, field)).join('');
  }

  #near(limit: number): number {
    return Math.floor(limit * this.#nearRatio);
  }

  #over(counts: LimitCounts, limit: number, hits: number, after: number, local: boolean, shadow: boolean): void {
    const before = after - hits;
    const all = local || before >= limit;
    const over = all ? hits : after - limit;
    counts.overLimit += over;
    if (local) counts.overLimitWithLocalCache += hits;
    else if (!all) counts.nearLimit += limit - Math.max(this.#near(limit), before);
    if (shadow) counts.shadowMode += over;
  }

  #countsOf(statKey: string): LimitCounts {
    const known = this.#limits.get(statKey);
    if (known) return known;
    const key = this.#limits.size < MOST_LIMITS ? statKey : 'other';
    const counts = this.#limits.get(key) ?? {
      totalHits: 0,
      overLimit: 0,
      nearLimit: 0,
      overLimitWithLocalCache: 0,
      withinLimit: 0,
      shadowMode: 0,
    };
    this.#limits.set(key, counts);
    return counts;
  }
}

function series(name: string, limits: ReadonlyMap<string, LimitCounts>, field: keyof LimitCounts): string {
  const sums = new Map<string, number>();
  for (const [key, counts] of limits) {
    const labels = labelsOf(key);
    sums.set(labels, (sums.get(labels) ?? 0) + counts[field]);
  }
  const lines = [...sums].map(([labels, value]) => `${name}{${labels}} ${value}\n`);
  return `# TYPE ${name} counter\n${lines.join('')}`;
}

function labelsOf(statKey: string): string {
  const [domain = '', key1, key2] = statKey.split('.');
  const labels: [string, string | undefined][] = [
    ['domain', domain],
    ['key1', key1],
    ['key2', key2],
  ];
  return labels.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${JSON.stringify(value)}`])).join(',');
}
