/** Captured from a real API server: which of 127 inputs Istio's CRDs admit, and in what words they are refused. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { refusal } from '../../control-api/resources/check/words.ts';
import { loadResources } from '../../control-api/resources/load.ts';

interface Case {
  name: string;
  input: string;
  validation: { kind: string; name: string; crd_schema?: string[] }[];
  crd_schema_accepts: boolean;
}

const FOLDER = join(import.meta.dirname, 'cases');
const CASES = readdirSync(FOLDER).map((name) => parse(readFileSync(join(FOLDER, name), 'utf8')) as Case);

/** The loader's findings in the words of the capture: one text a resource. */
function refusals(input: string): string[] {
  const { resources, rejected, findings } = loadResources([{ file: 'in.yaml', text: input }], { namespace: 'default' });
  return [...resources, ...rejected].flatMap(({ kind, metadata }) => {
    const own = findings.filter((f) => f.resource === `${kind} ${metadata.namespace}/${metadata.name}`);
    const unknown = own.filter((f) => f.name === 'UnknownField').map((f) => f.field);
    const messages = own.filter((f) => f.name === 'SchemaError').map((f) => f.message);
    if (unknown.length > 0) messages.unshift(`unknown fields [${unknown.join(' ')}]`);
    return messages.length > 0 ? [refusal(kind, metadata.name, metadata.namespace, messages)] : [];
  });
}

test('there are cases', () => assert.ok(CASES.length >= 127));

for (const { name, input, validation, crd_schema_accepts } of CASES) {
  test(`${name}: ${crd_schema_accepts ? 'admitted' : 'refused'}`, () => {
    const captured = validation.flatMap((entry) => entry.crd_schema ?? []);
    assert.deepEqual(refusals(input), captured);
    assert.equal(captured.length === 0, crd_schema_accepts);
  });
}
