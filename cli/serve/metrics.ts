/** Adds up the metrics of several processes that count the same things. */
import { sampleIn } from '../sample.ts';

const COMMENT = /^# (?:TYPE|HELP) (\S+)/;

/** A metric with its comments; its samples must stand together in Prometheus' text format. */
interface Family {
  comments: Set<string>;
  /** Values by name with labels. */
  series: Map<string, number>;
}

/** Prometheus texts in, one out: values of equal series are summed (counters, histogram buckets and gauges of live things alike). */
export function sumMetrics(texts: readonly string[]): string {
  const families = new Map<string, Family>();
  for (const text of texts) addText(text, families);
  let sum = '';
  for (const { comments, series } of families.values()) {
    for (const comment of comments) sum += `${comment}\n`;
    for (const [name, value] of series) sum += `${name} ${value}\n`;
  }
  return sum;
}

function addText(text: string, families: Map<string, Family>): void {
  let current = '';
  for (const line of text.split('\n')) {
    const commented = COMMENT.exec(line)?.[1];
    const sample = sampleIn(line);
    if (commented) {
      current = commented;
      family(families, current).comments.add(line);
    } else if (sample !== undefined) {
      const series = sample.name + sample.labels;
      const { series: sums } = family(families, belongs(sample.name, current) ? current : series);
      sums.set(series, (sums.get(series) ?? 0) + sample.value);
    }
  }
}

/** A histogram's samples have endings of their own behind its name. */
function belongs(sample: string, name: string): boolean {
  return name !== '' && sample.startsWith(name) && /^(_bucket|_sum|_count)?$/.test(sample.slice(name.length));
}

function family(families: Map<string, Family>, name: string): Family {
  let found = families.get(name);
  if (!found) {
    found = { comments: new Set(), series: new Map() };
    families.set(name, found);
  }
  return found;
}
