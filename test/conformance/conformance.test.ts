/** Every captured case against a real workerd: same YAML, same behaviour as Istio's own gateway. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { configurationOf } from '../../cli/configuration.ts';
import { analyse } from '../../control-api/analysis/analyse.ts';
import { MESSAGES } from '../../control-api/analysis/messages.ts';
import { type ConformanceCase, readCases } from './case.ts';
import { Lane } from './lane.ts';

/** Where the platform makes the promise impossible: the request must really fail, and a finding must say so beforehand. */
interface Exception {
  case: string;
  request: string;
  reason: string;
  finding: string;
}

/** A case waits for timers and process starts most of the time, so there are more lanes than cores. */
const LANES = 4;

const read = (name: string): unknown => parse(readFileSync(join(import.meta.dirname, name), 'utf8')) ?? [];
const exceptions = read('exceptions.yaml') as Exception[];
/** Their configuration is refused, so there is nothing to serve; `check` is held to them. */
const REFUSED_AREA = 'rejected';
const cases = readCases();

describe('conformance', { concurrency: LANES }, () => {
  const lanes = Array.from({ length: LANES }, (_, number) => new Lane(number));
  before(() => Promise.all(lanes.map((lane) => lane.start())));
  after(() => Promise.all(lanes.map((lane) => lane.stop())));
  const free = lanes.slice(1);
  for (const captured of cases.filter(({ area }) => area !== REFUSED_AREA)) {
    it(captured.file, async () => {
      const lane = captured.config.includes('consistentHash') ? lanes[0]! : (free.pop() ?? lanes[0]!);
      try {
        await holds(captured, lane);
      } finally {
        if (!free.includes(lane)) free.push(lane);
      }
    });
  }
});

describe('configurations that Istio or Envoy refuses', () => {
  for (const { file, config } of cases.filter(({ area }) => area === REFUSED_AREA)) {
    it(file, () => {
      const { input, ...compiled } = configurationOf([{ file, text: config }], {}, { namespace: 'default' });
      const findings = [...compiled.findings, ...analyse({ input, compiled })];
      assert.ok(
        findings.some(({ level }) => level === 'error'),
        `no error among: ${findings.map(({ message }) => message).join('; ')}`,
      );
    });
  }
});

/** Clocks are compared too, and on a busy machine one may be late: such a case has two more tries. */
async function holds(captured: ConformanceCase, lane: Lane): Promise<void> {
  const timed = captured.requests.some(
    ({ expect, headers }) => expect?.seconds !== undefined || headers?.['x-echo-delay-ms'],
  );
  for (let tries = timed ? 3 : 1; ; tries--) {
    const results = await lane.run(captured);
    if (tries === 1 || results.every(({ problems }) => problems.length === 0)) return judge(captured, results);
  }
}

function judge(captured: ConformanceCase, results: { request: string; problems: string[] }[]): void {
  const failures = results.flatMap(({ request, problems }) => {
    const excepted = exceptions.some((one) => one.case === captured.file && one.request === request);
    if (excepted && problems.length === 0) return [`«${request}» agrees now: remove its exception`];
    return excepted || problems.length === 0 ? [] : [`«${request}»\n    ${problems.join('\n    ')}`];
  });
  assert.deepEqual(failures, [], failures.join('\n'));
}

describe('exceptions', () => {
  const codes = new Set<string>(Object.values(MESSAGES).map(({ code }) => code));
  for (const { case: file, request, reason, finding } of exceptions) {
    it(`${file} «${request}»`, () => {
      const captured = cases.find((one) => one.file === file);
      assert.ok(
        captured?.requests.some(({ name }) => name === request),
        'no such case or request',
      );
      assert.ok(reason, 'a reason is missing');
      assert.ok(codes.has(finding), `${finding} is not in the catalogue of findings`);
    });
  }
});
