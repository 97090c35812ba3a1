/** Captured from istioctl analyze: what our analysers say of 127 inputs, code, level, resource and text. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { analyse } from '../../control-api/analysis/analyse.ts';
import { compile } from '../../control-api/compile/compile.ts';
import { INGRESS_GATEWAY } from '../../control-api/compile/processor.ts';
import { loadResources } from '../../control-api/resources/load.ts';

interface Message {
  code: string;
  level: string;
  resource: string;
  message: string;
}
interface Case {
  name: string;
  input: string;
  analysis?: Message[];
  /** What istioctl only says when it sees Services and Pods; we may say it from files. */
  analysis_in_a_cluster_only?: Message[];
}

const FOLDER = join(import.meta.dirname, 'cases');
const CASES = readdirSync(FOLDER).map((name) => parse(readFileSync(join(FOLDER, name), 'utf8')) as Case);

/** Schema errors and warnings have their own test; istioctl analyses resources that it refuses, we do not. */
const ELSEWHERE = new Set(['IST0106', 'IST0133']);
const REFUSED_RESOURCE = 'Referenced host+subset in destinationrule not found: "+v1"';

const text = ({ code, level, resource, message }: Message): string =>
  `${level.toLowerCase()} ${code} ${resource} ${message}`;

function analysed(input: string): string[] {
  const { resources, findings } = loadResources([{ file: 'in.yaml', text: input }], { namespace: 'default' });
  const scene = { resources, mesh: {}, identity: INGRESS_GATEWAY };
  const compiled = compile(scene);
  return [...findings, ...compiled.findings, ...analyse({ input: scene, compiled })]
    .filter(({ code }) => code.startsWith('IST') && !ELSEWHERE.has(code))
    .map(text)
    .sort();
}

for (const { name, input, analysis = [], analysis_in_a_cluster_only: inCluster = [] } of CASES) {
  test(`${name}: says what istioctl says`, () => {
    const expected = analysis.filter(({ code, message }) => !ELSEWHERE.has(code) && message !== REFUSED_RESOURCE);
    const allowed = new Set(inCluster.map(text));
    const said = analysed(input).filter((line) => !allowed.has(line));
    assert.deepEqual(said, expected.map(text).sort());
  });
}

test('some of them say something', () => {
  assert.ok(CASES.filter(({ analysis = [] }) => analysis.some(({ code }) => !ELSEWHERE.has(code))).length >= 8);
});
