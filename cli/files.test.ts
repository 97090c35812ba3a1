import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSources, UnreadableInput } from './files.ts';

test('a folder is read recursively, resource files only, sorted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowsprit-files-'));
  try {
    mkdirSync(join(folder, 'sub.yaml'));
    for (const name of ['b.yml', 'a.yaml', 'sub.yaml/c.json', 'README.md']) writeFileSync(join(folder, name), name);
    const sources = readSources([folder, join(folder, 'README.md')]);
    assert.deepEqual(
      sources.map(({ text }) => text),
      ['a.yaml', 'b.yml', 'sub.yaml/c.json', 'README.md'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what cannot be read is a typed error with exit code 65', () => {
  assert.throws(
    () => readSources(['/nonexistent/a.yaml']),
    (error) => error instanceof UnreadableInput && error.exitCode === 65 && /a\.yaml/.test(error.message),
  );
});
