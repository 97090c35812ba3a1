/** The generated pages leave nothing out, and no two messages share a code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MESSAGES } from '../control-api/analysis/messages.ts';
import fields from '../control-api/resources/fields.json' with { type: 'json' };
import { pages } from './generate-docs.ts';

const rowsOf = (name: string): string[] => {
  const [, text = ''] = Object.entries(pages()).find(([file]) => file.endsWith(name)) ?? [];
  return text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (---|Code|Field) /.test(line));
};

test('docs/messages.md has a row for every message', () => {
  assert.equal(rowsOf('messages.md').length, Object.keys(MESSAGES).length);
});

test('docs/fields.md has a row for every field', () => {
  assert.equal(rowsOf('fields.md').length, Object.keys(fields).length);
});

test('no two messages of ours share a code', () => {
  const ours = Object.values(MESSAGES)
    .map(({ code }) => code)
    .filter((code) => code.startsWith('BSP'));
  assert.equal(new Set(ours).size, ours.length, ours.sort().join(' '));
});
