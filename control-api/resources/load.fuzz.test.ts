/** Whatever the text, the loader answers: no throw, no hang. Seeded, so that a failure comes back. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadResources } from './load.ts';
import { placementsOf } from './placement.ts';

const FOLDER = join(import.meta.dirname, '../../test/validation/cases');
const TEXTS = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), 'utf8').slice(0, 4000));
const LONGEST_MS = 2000;

function answers(text: string): void {
  const start = performance.now();
  const { resources, rejected, findings } = loadResources([{ file: 'f', text }], { namespace: 'default' });
  for (const resource of [...resources, ...rejected]) placementsOf(resource);
  for (const { message, position } of findings) assert.ok(message !== '' && (position?.line ?? 0) > 0);
  assert.ok(performance.now() - start < LONGEST_MS, `took ${performance.now() - start} ms`);
}

const splice = fc.record({
  at: fc.nat(4000),
  cut: fc.nat(40),
  put: fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('---\n', '%', '&a ', '*a', '<<: ', '{', '[', '}', ']', '\t', ': ', '- ', '"', '|', '!!x ', '\n'),
  ),
});

test('broken texts', () => {
  const mutated = fc.record({
    text: fc.constantFrom(...TEXTS),
    splices: fc.array(splice, { minLength: 1, maxLength: 4 }),
  });
  const property = fc.property(mutated, ({ text, splices }) => {
    // The case's input starts on the third line, indented by two.
    const input = text.slice(text.indexOf('apiVersion')).replaceAll('\n  ', '\n');
    answers(splices.reduce((now, { at, cut, put }) => now.slice(0, at) + put + now.slice(at + cut), input));
  });
  fc.assert(property, { seed: 20261121, numRuns: 400, interruptAfterTimeLimit: 20_000 });
});

test('objects of any shape', () => {
  const kind = fc.constantFrom('VirtualService', 'Gateway', 'DestinationRule', 'EnvoyFilter', 'ServiceEntry', 'List');
  const field = fc.constantFrom(
    'http',
    'hosts',
    'servers',
    'host',
    'trafficPolicy',
    'ports',
    'configPatches',
    'endpoints',
  );
  const spec = fc.dictionary(field, fc.jsonValue());
  const object = fc.record({ apiVersion: fc.constant('networking.istio.io/v1'), kind, metadata: fc.jsonValue(), spec });
  const property = fc.property(object, (value) => answers(JSON.stringify(value)));
  fc.assert(property, { seed: 20261121, numRuns: 400, interruptAfterTimeLimit: 20_000 });
});

test('texts made to hurt', () => {
  const head = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec:\n';
  const depth = 20_000;
  answers(`${head}  x: ${'['.repeat(depth)}${']'.repeat(depth)}\n`);
  answers(`{"apiVersion":"v1","kind":"List","items":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  answers(`${head}  ${'_'.repeat(100_000)}: 1\n`);
  answers(`${head}  host: ${'a'.repeat(1_000_000)}\n`);
  answers('---\n'.repeat(20_000));
});
