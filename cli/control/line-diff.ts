/** The lines that differ between two short texts, with a few around them. */

const AROUND = 2;

/** `-` only in `before`, `+` only in `after`; empty when they are equal. */
export function lineDiff(before: readonly string[], after: readonly string[]): string[] {
  const marked = align(before, after);
  const near = marked.map((_, index) =>
    marked.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((line) => !line.startsWith(' ')),
  );
  return marked.filter((_, index) => near[index]);
}

/** Longest common subsequence, by the textbook's table. */
function align(before: readonly string[], after: readonly string[]): string[] {
  const width = after.length + 1;
  const length = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => length[i * width + j]!;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      length[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`  ${before[i++]}`);
      j++;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`- ${before[i++]}`);
    else lines.push(`+ ${after[j++]}`);
  }
  return lines;
}
