/**
 * Earliest deadline first, the scheduler behind Envoy's weighted round robin and weighted least request: an entry's next
 * deadline lies 1/weight after its last one, ties go to the one that waited longer. A binary heap: O(log n) a pick.
 */
interface Entry<T> {
  deadline: number;
  order: number;
  value: T;
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean =>
  a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);

export class EdfScheduler<T> {
  readonly #heap: Entry<T>[] = [];
  readonly #weightOf: (value: T) => number;
  #order = 0;

  constructor(values: readonly T[], weightOf: (value: T) => number) {
    this.#weightOf = weightOf;
    for (const value of values) {
      this.#heap.push({ deadline: 1 / weightOf(value), order: this.#order++, value });
      this.#raise(this.#heap.length - 1);
    }
  }

  /** The next value; its weight is asked anew, because it may depend on its load. */
  pick(): T | undefined {
    const top = this.#heap[0];
    if (top === undefined) return undefined;
    top.deadline += 1 / this.#weightOf(top.value);
    top.order = this.#order++;
    this.#sink(0);
    return top.value;
  }

  #raise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    for (let at = from; ; ) {
      let least = at;
      const left = 2 * at + 1;
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
      if (left + 1 < heap.length && before(heap[left + 1]!, heap[least]!)) least = left + 1;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const entry = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = entry;
  }
}
