/** Captured from Istio's webhook: which of 127 inputs it refuses or warns of, and in what words. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { validate } from '../../control-api/analysis/validate/validate.ts';
import { loadResources } from '../../control-api/resources/load.ts';

interface Case {
  name: string;
  input: string;
  validation: { errors?: string[]; warnings?: string[] }[];
  istio_accepts: boolean;
}

/**
 * Refused earlier here, by the schema or the YAML reader, in other words than Istio's protobuf reader has. The webhook never
 * sees such an object in a cluster either: the API server refuses it first.
 */
const REFUSED_ON_READING = ['ap-bad-action', 'yaml-duplicate-key', 'yaml-wrong-type', 'wasm-duplicate-env'];

/** Envoy's own protobuf types would be needed to see these; the compiler reports them by its own codes. */
const NEEDS_ENVOY_TYPES = ['ef-bad-type-url', 'ef-no-typed-config', 'ef-unknown-field'];

const FOLDER = join(import.meta.dirname, 'cases');
const CASES = readdirSync(FOLDER).map((name) => parse(readFileSync(join(FOLDER, name), 'utf8')) as Case);

/** The policy's errors come twice in the capture, once with `invalid policy p.istio-system: ` before them. */
const captured = (texts: (string[] | undefined)[]) =>
  [
    ...new Set(
      texts
        .flatMap((list) => list ?? [])
        .filter((text) => !text.startsWith('invalid policy '))
        .map(plain),
    ),
  ].sort();

/** The JSON reader's own words differ between Go and JavaScript. */
const plain = (text: string) => text.trim().replace(/(failed to unmarshal JWK set): .*/s, '$1');

function judged(input: string): { errors: string[]; warnings: string[] } {
  const { resources, rejected } = loadResources([{ file: 'in.yaml', text: input }], { namespace: 'default' });
  const findings = [...resources, ...rejected].flatMap((resource) => validate(resource));
  const texts = (level: string, prefix: string) =>
    [...new Set(findings.filter((f) => f.level === level).map((f) => plain(f.message.slice(prefix.length))))].sort();
  return {
    errors: texts('error', 'Schema validation error: '),
    warnings: texts('warning', 'Schema validation warning: '),
  };
}

for (const { name, input, validation, istio_accepts } of CASES) {
  if (REFUSED_ON_READING.includes(name)) {
    test(`${name}: refused on reading`, () => {
      const { findings } = loadResources([{ file: 'in.yaml', text: input }], { namespace: 'default' });
      assert.ok(findings.some((finding) => finding.level === 'error'));
    });
    continue;
  }
  test(`${name}: ${istio_accepts ? 'accepted' : 'refused'} by the webhook`, () => {
    const expected = {
      errors: captured(validation.map((v) => v.errors)),
      warnings: captured(validation.map((v) => v.warnings)),
    };
    if (NEEDS_ENVOY_TYPES.includes(name)) {
      assert.ok(judged(input).warnings.every((text) => expected.warnings.includes(text)));
      return;
    }
    assert.deepEqual(judged(input), expected);
  });
}
