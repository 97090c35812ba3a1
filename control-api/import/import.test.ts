/** Golden files: what is imported, what is left and why; and that what comes out is accepted as it is. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { compiled } from '../../test/support/compiled.ts';
import { importObjects } from './import.ts';

const files = globSync('control-api/import/testdata/*.in.yaml').sort();

function imported(file: string) {
  return importObjects([{ file: basename(file), text: readFileSync(file, 'utf8') }], 'default');
}

test('there are golden files', () => assert.ok(files.length > 0));

for (const file of files) {
  const { manifests, findings } = imported(file);

  test(`${basename(file)} becomes its golden file`, () => {
    const said = findings.map(
      ({ position, resource, field, message }) =>
        `${position?.line}:${position?.column} ${resource} ${field}: ${message}`,
    );
    const text = stringify({ findings: said, manifests }, { lineWidth: 0, aliasDuplicateObjects: false });
    const golden = file.replace('.in.', '.out.');
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, text);
    assert.equal(text, readFileSync(golden, 'utf8'));
  });

  test(`what comes out of ${basename(file)} has no errors`, () => {
    const text = manifests.map((manifest) => stringify(manifest, { aliasDuplicateObjects: false })).join('---\n');
    const errors = compiled({ text }).findings.filter(({ level }) => level === 'error');
    assert.deepEqual(errors, []);
  });
}

test('a broken document loses only itself', () => {
  const good = readFileSync('control-api/import/testdata/nginx.in.yaml', 'utf8');
  const { manifests, findings } = importObjects([{ file: 'a.yaml', text: `a: [\n---\n${good}` }], 'default');
  assert.equal(findings[0]?.code, 'BSP0001');
  assert.equal(manifests.length, imported('control-api/import/testdata/nginx.in.yaml').manifests.length);
});
