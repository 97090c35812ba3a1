import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Said } from './said.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const sayings = Array.from({ length: 30 }, (_, text) => ({ resource: NAMES[text % NAMES.length]!, text }));

test('what is said of each resource is what the list says, and what changed is told once', () => {
  fc.assert(
    fc.property(fc.array(fc.shuffledSubarray(sayings), { maxLength: 8 }), (lists) => {
      const said = new Said<(typeof sayings)[number]>();
      let before = new Map<string, object[]>();
      for (const list of lists) {
        said.update(list);
        const now = Map.groupBy(list, ({ resource }) => resource);
        const changed = said.takeChanged();
        for (const name of NAMES) {
          assert.deepEqual(said.of(name), now.get(name) ?? []);
          const isSame = JSON.stringify(now.get(name) ?? []) === JSON.stringify(before.get(name) ?? []);
          assert.ok(isSame || changed?.has(name), `${name} has changed`);
        }
        assert.deepEqual(said.takeChanged(), new Set());
        before = now;
      }
    }),
  );
});

test('many changes are changes of anything', () => {
  const said = new Said<{ resource: string }>();
  said.update(Array.from({ length: 3000 }, (_, n) => ({ resource: `r${n}` })));
  assert.equal(said.takeChanged(), undefined);
  assert.equal(said.of('r7').length, 1);
});
