import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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

test('standard input is read to its end, though the pipe is slow and does not block', () => {
  const writer =
    'setTimeout(() => process.stdout.write("kind: A\\n"), 300); setTimeout(() => process.stdout.write("---\\nkind: B\\n"), 600);';
  const reader = `import('./cli/files.ts').then(({ readSources }) => process.stdin.unref() && console.log(readSources(['-'])[0].text));`;
  const command = '"$0" -e "$1" | "$0" --input-type=module -e "$2"';
  const options = { encoding: 'utf8', timeout: 30_000 } as const;
  const { stdout } = spawnSync('sh', ['-c', command, process.execPath, writer, reader], options);
  assert.equal(stdout.trim(), 'kind: A\n---\nkind: B');
});
