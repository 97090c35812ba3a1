/** Every captured case against a real workerd: same YAML, same behaviour as Istio's own gateway. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
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
const pending = new Set(read('pending.yaml') as string[]);
/** Their configuration is refused, so there is nothing to serve; `check` is held to them. */
const REFUSED_AREA = 'rejected';
const cases = readCases();

describe('conformance', { concurrency: LANES }, () => {
  const lanes = Array.from({ length: LANES }, (_, number) => new Lane(number));
  before(() => Promise.all(lanes.map((lane) => lane.start())));
  after(() => Promise.all(lanes.map((lane) => lane.stop())));
  const free = [...lanes];
  for (const captured of cases.filter(({ file, area }) => area !== REFUSED_AREA && !pending.has(file))) {
    it(captured.file, async () => {
      const lane = free.pop() ?? lanes[0]!;
      try {
        judge(captured, await lane.run(captured));
      } finally {
        free.push(lane);
      }
    });
  }
});

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
