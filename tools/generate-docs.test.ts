/** The generated pages are what the code says today; `node tools/generate-docs.ts` brings them up to date. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { MESSAGES } from '../control-api/analysis/messages.ts';
import { pages } from './generate-docs.ts';

for (const [file, text] of Object.entries(pages())) {
  test(`docs/${basename(file)} is up to date`, () => assert.equal(readFileSync(file, 'utf8'), text));
}

test('no two messages of ours share a code', () => {
  const ours = Object.values(MESSAGES)
    .map(({ code }) => code)
    .filter((code) => code.startsWith('BSP'));
  assert.equal(new Set(ours).size, ours.length, ours.sort().join(' '));
});
