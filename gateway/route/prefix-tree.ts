/**
 * Finds every stored prefix of a string in one walk, however many are stored. A node is divided when a walk first comes to it, so
 * that the first request among 100,000 prefixes waits for one look at each of them, and not for a tree of all.
 */
interface Node<T> {
  /** What leads here from the parent; known from the division on. */
  label: string;
  /** Entries that are not divided yet. */
  entries: number[] | undefined;
  /** Those whose key ends here. */
  own: number[];
  value: T | undefined;
  /** By the first UTF-16 unit of the child's label. */
  children: Map<number, Node<T>> | undefined;
}

const nodeOf = <T>(entries: number[]): Node<T> => ({
  label: '',
  entries,
  own: [],
  value: undefined,
  children: undefined,
});

/** So many entries are divided in some milliseconds. */
const MANY = 1000;

export class PrefixTree<T> {
  readonly #keys: string[] = [];
  readonly #gather: (entries: number[]) => T;
  readonly #waiting: number[] = [];
  readonly #root = nodeOf<T>(this.#waiting);

  /** `gather` makes a value of the entries that have one key; it is asked when a request first comes there. */
  constructor(gather: (entries: number[]) => T) {
    this.#gather = gather;
  }

  /** Entries count from 0 in the order in which they are added; all of them before the first walk. */
  add(key: string): void {
    this.#waiting.push(this.#keys.length);
    this.#keys.push(key);
  }

  /** Calls `visit` for every stored key that `text` starts with, shortest first. */
  visitPrefixesOf(text: string, visit: (value: T) => void): void {
    let at = 0;
    if (this.#keys.length === 0) return;
    for (
      let node: Node<T> | undefined = this.#root;
      node !== undefined;
      node = node.children?.get(text.charCodeAt(at))
    ) {
      if (node.entries !== undefined) this.#divide(node, node.entries, at);
      if (!text.startsWith(node.label, at)) return;
      at += node.label.length;
      if (node.own.length > 0) {
        node.value ??= this.#gather(node.own);
        visit(node.value);
      }
      if (at >= text.length) return;
    }
  }

  /** Divides every node of many entries, and gathers every value of many, a piece each. */
  *warm(node = this.#root, at = 0): Generator<void> {
    if ((node.entries?.length ?? MANY) < MANY) return;
    if (node.entries) {
      this.#divide(node, node.entries, at);
      yield;
    }
    if (node.own.length >= MANY && node.value === undefined) {
      node.value = this.#gather(node.own);
      yield;
    }
    for (const child of node.children?.values() ?? []) yield* this.warm(child, at + node.label.length);
  }

  #divide(node: Node<T>, entries: readonly number[], at: number): void {
    const end = this.#sharedEnd(entries, at);
    node.label = this.#keys[entries[0]!]!.slice(at, end);
    node.entries = undefined;
    for (const entry of entries) {
      const key = this.#keys[entry]!;
      if (key.length === end) node.own.push(entry);
      else this.#childAt(node, key.charCodeAt(end)).push(entry);
    }
  }

  #childAt(node: Node<T>, unit: number): number[] {
    node.children ??= new Map();
    const known = node.children.get(unit)?.entries;
    if (known) return known;
    const entries: number[] = [];
    node.children.set(unit, nodeOf(entries));
    return entries;
  }

  /** Where the keys of the entries, which are the same up to `at`, begin to differ. */
  #sharedEnd(entries: readonly number[], at: number): number {
    const first = this.#keys[entries[0]!]!;
    let end = first.length;
    for (const entry of entries) {
      const key = this.#keys[entry]!;
      let same = at;
      const most = Math.min(end, key.length);
      while (same < most && key.charCodeAt(same) === first.charCodeAt(same)) same++;
      end = same;
      if (end === at) break;
    }
    return end;
  }
}
