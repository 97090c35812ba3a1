/** Adds up the metrics of several processes that count the same things. */

/** A sample line: series (name with labels), value; a timestamp after it is dropped. */
const SAMPLE = /^([A-Za-z_:][^\s{]*(?:\{.*\})?)\s+(\S+)/;
const COMMENT = /^# (?:TYPE|HELP) (\S+)/;

/** A metric with its comments; its samples must stand together in Prometheus' text format. */
interface Family {
  comments: Set<string>;
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
    const [, series, value] = commented ? [] : (SAMPLE.exec(line) ?? []);
    if (commented) {
      current = commented;
      family(families, current).comments.add(line);
    } else if (series !== undefined) {
      const { series: sums } = family(families, belongs(series, current) ? current : series);
      sums.set(series, (sums.get(series) ?? 0) + Number(value));
    }
  }
}

/** A histogram's samples have endings of their own behind its name. */
function belongs(series: string, name: string): boolean {
  const rest = series.slice(name.length);
  return name !== '' && series.startsWith(name) && /^(_bucket|_sum|_count)?(\{|$)/.test(rest);
}

function family(families: Map<string, Family>, name: string): Family {
  let found = families.get(name);
  if (!found) {
    found = { comments: new Set(), series: new Map() };
    families.set(name, found);
  }
  return found;
}
