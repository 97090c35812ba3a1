import { test } from 'node:test';
import fc from 'fast-check';
import { decodeText } from './text.ts';

const OFFSET = 3;
const decoded = (bytes: Uint8Array): string => {
  const memory = new Uint8Array(bytes.length + 2 * OFFSET).fill(65);
  memory.set(bytes, OFFSET);
  return decodeText(memory, OFFSET, OFFSET + bytes.length);
};

test('bytes become the text that TextDecoder makes of them', () => {
  const bytes = fc.uint8Array({ maxLength: 120 });
  fc.assert(fc.property(bytes, (some) => decoded(some) === new TextDecoder().decode(some)));
});

test('so do names that share a slot, however they take turns', () => {
  const name = fc.stringMatching(/^[a-z-]{1,4}$/);
  const names = fc.array(name, { minLength: 3000, maxLength: 3000 });
  fc.assert(
    fc.property(names, (some) => some.every((text) => decoded(new TextEncoder().encode(text)) === text)),
    { numRuns: 5 },
  );
});
