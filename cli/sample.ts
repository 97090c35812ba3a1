/** A sample line of Prometheus' text exposition format. */

export interface Sample {
  name: string;
  /** As written, with its braces; empty without labels. */
  labels: string;
  value: number;
}

const SAMPLE = /^([A-Za-z_:][^\s{]*)(\{.*\})?\s+(\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** @returns undefined for a comment or an empty line; a timestamp after the value is dropped */
export function sampleIn(line: string): Sample | undefined {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  return name === undefined ? undefined : { name, labels, value: Number(value) };
}

/** The labels' values by name, their escapes left as they are. */
export function labelsOf({ labels }: Sample): Record<string, string> {
  return Object.fromEntries(Array.from(labels.matchAll(LABEL), ([, name, value]) => [name!, value!]));
}
