/** Whatever the loader and Istio's validation let through, compiling and analysing it never throws: a bad one loses only itself. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, parseAllDocuments } from 'yaml';
import { analyse } from '../analysis/analyse.ts';
import { validated } from '../analysis/validate/validate.ts';
import { loadResources } from '../resources/load.ts';
import { compile } from './compile.ts';
import { INGRESS_GATEWAY } from './processor.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const configs = globSync('control-api/compile/testdata/*.in.yaml').map(
  (file) => (parse(readFileSync(file, 'utf8')) as { config: string }).config,
);
const documents = configs.flatMap((config) => parseAllDocuments(config).map((document) => document.toJS() as Json));

const strange: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(
  null,
  '',
  '*',
  '.',
  '/',
  'a/b/c',
  'ns/*',
  '[]',
  -1,
  0,
  70_000,
  1.5,
  true,
  [],
  {},
  [{}],
  [null],
);

/** The value with one place in it, chosen by the numbers, replaced or removed. */
function damage(value: Json, steps: number[], by: Json, remove: boolean): Json {
  const [step = 0, ...rest] = steps;
  if (value === null || typeof value !== 'object' || steps.length === 0) return by;
  const keys = Object.keys(value);
  const key = keys[step % Math.max(keys.length, 1)];
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, Json>;
  if (rest.length === 0 && remove) delete copy[key];
  else copy[key] = damage(copy[key] as Json, rest, by, remove);
  return copy as Json;
}

test('no damage makes the compiler or an analyser throw', () => {
  const steps = fc.array(fc.nat(20), { minLength: 1, maxLength: 8 });
  const damages = fc.array(fc.tuple(fc.nat(documents.length - 1), steps, strange, fc.boolean()), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(damages, (list) => {
      const all = [...documents];
      for (const [index, path, by, remove] of list) all[index] = damage(all[index] as Json, path, by, remove);
      const text = all.map((document) => JSON.stringify(document)).join('\n---\n');
      const { resources } = validated(loadResources([{ file: 'fuzz.json', text }], { namespace: 'default' }));
      const input = { resources, mesh: {}, identity: INGRESS_GATEWAY };
      const compiled = compile(input);
      analyse({ input, compiled });
      assert.match(compiled.snapshot.id, /^[0-9a-f]{16}$/);
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
  );
});
