/** A compressed prefix tree: finds every stored prefix of a string in one walk, however many are stored. */

interface Node<T> {
  /** What leads here from the parent. */
  label: string;
  value: T | undefined;
  /** By the first UTF-16 unit of the child's label. */
  children: Map<number, Node<T>> | undefined;
}

export class RadixTree<T> {
  readonly #root: Node<T> = { label: '', value: undefined, children: undefined };

  set(key: string, value: T): void {
    let node = this.#root;
    let at = 0;
    while (at < key.length) {
      const next = node.children?.get(key.charCodeAt(at));
      if (next === undefined) {
        addChild(node, { label: key.slice(at), value, children: undefined });
        return;
      }
      const shared = sharedLength(next.label, key, at);
      if (shared < next.label.length) split(next, shared);
      node = next;
      at += shared;
    }
    node.value = value;
  }

  /** Calls `visit` for every stored key that `text` starts with, shortest first. */
  visitPrefixesOf(text: string, visit: (value: T) => void): void {
    let node: Node<T> | undefined = this.#root;
    let at = 0;
    while (node !== undefined) {
      if (node.value !== undefined) visit(node.value);
      if (at >= text.length) return;
      node = node.children?.get(text.charCodeAt(at));
      if (node === undefined || !text.startsWith(node.label, at)) return;
      at += node.label.length;
    }
  }
}

function addChild<T>(node: Node<T>, child: Node<T>): void {
  node.children ??= new Map();
  node.children.set(child.label.charCodeAt(0), child);
}

function sharedLength(label: string, key: string, from: number): number {
  let length = 1;
  while (length < label.length && label.charCodeAt(length) === key.charCodeAt(from + length)) length++;
  return length;
}

/** Cuts a node's label in two: the node keeps the head, a new child takes the tail with everything below. */
function split<T>(node: Node<T>, length: number): void {
  const tail: Node<T> = { label: node.label.slice(length), value: node.value, children: node.children };
  node.label = node.label.slice(0, length);
  node.value = undefined;
  node.children = undefined;
  addChild(node, tail);
}
