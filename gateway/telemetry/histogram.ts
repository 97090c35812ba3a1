/** A histogram with Envoy's bucket limits. */

/** Envoy's default histogram limits; milliseconds and bytes use the same ones. */
const LIMITS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

export class Histogram {
  readonly #counts = new Array<number>(LIMITS.length + 1).fill(0);
  #sum = 0;

  record(value: number): void {
    let bucket = 0;
    while (bucket < LIMITS.length && value > LIMITS[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  /** Sample lines; `labelled` is the label set with its braces. */
  render(name: string, labelled: string): string {
    const open = labelled.slice(0, -1);
    let total = 0;
    let text = '';
    this.#counts.forEach((count, index) => {
      total += count;
      text += `${name}_bucket${open},le="${LIMITS[index] ?? '+Inf'}"} ${total}\n`;
    });
    return `${text}${name}_sum${labelled} ${this.#sum}\n${name}_count${labelled} ${total}\n`;
  }
}
