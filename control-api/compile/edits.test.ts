import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Edit, edited, editsOf, resorted } from './edits.ts';

interface Item {
  n: number;
}
const items = Array.from({ length: 60 }, (_, n): Item => ({ n }));
const byNumber = (a: Item, b: Item): number => a.n - b.n;
/** Some of them, in some order. */
const lists = fc.shuffledSubarray(items);

const sizeOf = (edits: readonly Edit<Item>[]): number =>
  edits.reduce((sum, { gone, come }) => sum + gone.length + come.length, 0);

test('a list that is edited so is the other list, and sorted so it is the other list sorted', () => {
  fc.assert(
    fc.property(lists, lists, (before, now) => {
      const edits = editsOf(before, now);
      assert.ok(edits);
      assert.deepEqual(
        edited(
          before.map(({ n }) => n),
          edits,
          ({ n }) => n,
        ),
        now.map(({ n }) => n),
      );
      assert.deepEqual(resorted(before.toSorted(byNumber), edits, byNumber), now.toSorted(byNumber));
    }),
  );
});

test('what goes, comes or is replaced here and there in a long list costs no more edits than that', () => {
  const long = Array.from({ length: 10_000 }, (_, n): Item => ({ n }));
  const [gone, fresh] = [new Set([0, 700, 701, 9999]), { n: -1 }];
  const now = long.filter(({ n }) => !gone.has(n));
  now.splice(5000, 1, fresh);
  now.push({ n: 20_000 });
  const edits = editsOf(long, now) ?? [];
  assert.equal(sizeOf(edits), gone.size + 3);
  assert.deepEqual(editsOf(now, now), []);
});

test('lists that differ by many items are nobody’s edits, and one that is not sorted is not sorted in', () => {
  const long = Array.from({ length: 3000 }, (_, n): Item => ({ n }));
  assert.equal(editsOf(long, []), undefined);
  assert.equal(editsOf([], long), undefined);
  assert.equal(
    editsOf(
      long,
      long.map(({ n }) => ({ n })),
    ),
    undefined,
  );
  const [a, b] = [{ n: 1 }, { n: 2 }];
  assert.equal(resorted([b, a], [{ at: 0, gone: [a], come: [] }], byNumber), undefined);
});
