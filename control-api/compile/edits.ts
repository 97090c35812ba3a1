/** What is another in a list than in the one before, where that is little: lists of 100,000 mostly differ by one item. */

/** `come` stands from `at` on in the list now, in place of `gone`. */
export interface Edit<T> {
  at: number;
  gone: readonly T[];
  come: readonly T[];
}

/** More items than this are looked at as a whole. */
const FEW = 2000;

/** In order; undefined when the lists differ by more than a few items. */
export function editsOf<T>(before: readonly T[], now: readonly T[]): Edit<T>[] | undefined {
  const edits: Edit<T>[] = [];
  let [from, at, left] = [0, 0, FEW];
  for (;;) {
    while (from < before.length && at < now.length && before[from] === now[at]) {
      from++;
      at++;
    }
    if (from === before.length && at === now.length) return edits;
    const edit = nextEdit(before, from, now, at, left);
    if (!edit) return undefined;
    edits.push(edit);
    from += edit.gone.length;
    at += edit.come.length;
    left -= edit.gone.length + edit.come.length;
  }
}

/** The fewest items that must go and come until both lists hold the same one, or end. */
function nextEdit<T>(
  before: readonly T[],
  from: number,
  now: readonly T[],
  at: number,
  left: number,
): Edit<T> | undefined {
  const edit = (gone: number, come: number): Edit<T> | undefined => {
    const [old, fresh] = [from + gone, at + come];
    const isEnd = old === before.length && fresh === now.length;
    const isSame = old < before.length && fresh < now.length && before[old] === now[fresh];
    return isEnd || isSame ? { at, gone: before.slice(from, old), come: now.slice(at, fresh) } : undefined;
  };
  // Where one list ends, the rest of the other is all there is.
  if (from === before.length) return now.length - at <= left ? edit(0, now.length - at) : undefined;
  if (at === now.length) return before.length - from <= left ? edit(before.length - from, 0) : undefined;
  for (let most = 1; most <= left; most++) {
    for (let less = 0; less <= most && less + most <= left; less++) {
      const found = edit(most, less) ?? edit(less, most);
      if (found) return found;
    }
  }
  return undefined;
}

/** A copy of `values`, one for each item of a list, after that list's `edits`. */
export function edited<T, V>(values: readonly V[], edits: readonly Edit<T>[], make: (item: T) => V): V[] {
  const result = [...values];
  for (const { at, gone, come } of edits) result.splice(at, gone.length, ...come.map(make));
  return result;
}

/** A copy of the sorted list without what is gone and with what has come; undefined when something of the first is not where it belongs. */
export function resorted<T>(
  order: readonly T[],
  edits: readonly Edit<T>[],
  compare: (a: T, b: T) => number,
): T[] | undefined {
  const result = [...order];
  for (const { gone } of edits) {
    for (const item of gone) {
      const at = placeOf(item, result, compare);
      if (result[at] !== item) return undefined;
      result.splice(at, 1);
    }
  }
  for (const { come } of edits) for (const item of come) result.splice(placeOf(item, result, compare), 0, item);
  return result;
}

/** The index of the first that is not less. */
function placeOf<T>(item: T, order: readonly T[], compare: (a: T, b: T) => number): number {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(order[middle]!, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
