/** Golden files, one a concern, and the promise that the order of the input does not matter. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { loadResources } from '../resources/load.ts';
import { type Compiled, compile } from './compile.ts';
import { type CompileInput, INGRESS_GATEWAY, type ProxyIdentity } from './processor.ts';

/** What an `.in.yaml` holds; `config` is the text users would write. */
interface Golden {
  config: string;
  mesh?: Record<string, unknown>;
  identity?: Partial<ProxyIdentity>;
}

const files = globSync('control-api/compile/testdata/*.in.yaml').sort();

function inputOf(file: string, rewrite = (config: string) => config): CompileInput {
  const { config, mesh = {}, identity } = parse(readFileSync(file, 'utf8')) as Golden;
  const { resources } = loadResources([{ file: 'config.yaml', text: rewrite(config) }], { namespace: 'default' });
  return { resources, mesh, identity: { ...INGRESS_GATEWAY, ...identity } };
}

/** Without the id, which would change with every field that is added. */
function outputOf({ snapshot: { id: _, ...snapshot }, findings, placements }: Compiled): string {
  const said = findings.map(({ code, level, resource, field, message }) =>
    [code, level, resource, field, message].filter(Boolean).join(' '),
  );
  const placed = placements.map(({ resource, field, where, reason }) =>
    [where, resource, field, `(${reason})`].filter(Boolean).join(' '),
  );
  return stringify({ findings: said, placements: placed, snapshot }, { lineWidth: 0, aliasDuplicateObjects: false });
}

test('there are golden files', () => assert.ok(files.length > 0));

for (const file of files) {
  const golden = file.replace('.in.yaml', '.out.yaml');
  test(`golden ${basename(file)}`, () => {
    const output = outputOf(compile(inputOf(file)));
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, output);
    assert.equal(output, readFileSync(golden, 'utf8'));
  });

  test(`any order of ${basename(file)} gives the same id`, () => {
    const {
      resources: [...current],
    } = compile(inputOf(file));
    const input = { ...inputOf(file), resources: current };
    const { id } = compile(input).snapshot;
    const shuffled = fc.shuffledSubarray(current, { minLength: current.length });
    fc.assert(
      fc.property(shuffled, (resources) => compile({ ...input, resources }).snapshot.id === id),
      { numRuns: 20 },
    );
  });
}

/** Every map of the YAML with its keys the other way round. */
function reverseKeys(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(reverseKeys);
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, field]) => [key, reverseKeys(field)]));
}

const turned = (config: string): string =>
  parseAllDocuments(config)
    .map((document) => stringify(reverseKeys(document.toJS())))
    .join('---\n');

for (const file of files) {
  test(`any order of fields in ${basename(file)} gives the same id`, () => {
    assert.equal(compile(inputOf(file, turned)).snapshot.id, compile(inputOf(file)).snapshot.id);
  });
}

test('another content gives another id', () => {
  const ids = files.map((file) => compile(inputOf(file)).snapshot.id);
  assert.equal(new Set(ids).size, ids.length);
});
