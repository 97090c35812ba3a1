/**
 * `node test/istio/compare.ts [-v] [--captured] FILE|DIR…`: cases in the form of ../conformance/cases at Istio's own gateway (real
 * translation, real Envoy) and at Bowsprit's. A case needs `config` and `requests`; `mesh` is a MeshConfig; `expect` is not looked at,
 * but with --captured, which compares it with Istio's answers instead of Bowsprit's; --write puts Istio's answers there. A request with `known: reason` is not counted, nor
 * are those of ../conformance/exceptions.yaml. Ends with the number of requests and configurations that differ (255 at most).
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, parseDocument } from 'yaml';
import type { Expectation } from '../conformance/case.ts';
import { type CapturedRequest, type ConformanceCase, readCase } from '../conformance/case.ts';
import type { Spread } from '../conformance/compare.ts';
import { Both, type CaseResult, type RequestResult } from './both.ts';

interface Exception {
  case: string;
  request: string;
  reason: string;
}

const EXCEPTIONS = join(import.meta.dirname, '../conformance/exceptions.yaml');
const MOST = 255;

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [resolve(path)];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => resolve(path, file));
}

/** Named after its folder, which is its area, as the captured ones are. */
const caseAt = (file: string): ConformanceCase =>
  readCase(join(basename(dirname(file)), basename(file)), dirname(dirname(file)));

/** Makes a captured case of it, or a newer one. */
function write(file: string, { requests }: CaseResult): void {
  const document = parseDocument(readFileSync(file, 'utf8'), { version: '1.1' });
  for (const [index, { istio }] of requests.entries()) document.setIn(['requests', index, 'expect'], istio);
  writeFileSync(file, document.toString({ lineWidth: 0 }));
}

const exceptions: Exception[] = parse(readFileSync(EXCEPTIONS, 'utf8')) ?? [];

function knownReason(file: string, request: CapturedRequest): string | undefined {
  if (request.known) return request.known;
  return exceptions.find((one) => one.case === file && one.request === request.name)?.reason;
}

/** One line of what a client and an upstream saw. */
function brief(seen: Expectation | Spread): string {
  if (!('status' in seen)) return JSON.stringify(seen);
  if (seen.connection) return 'connection closed';
  const { status, from, headers = {}, body = '', upstream, attempts } = seen;
  const location = headers.location ? ` → ${headers.location}` : '';
  const answer = from === 'gateway' ? ` ${JSON.stringify(body.slice(0, 120))}` : '';
  const beyond = upstream
    ? ` | ${upstream.service}/${upstream.version} ${upstream.method} ${upstream.authority} ${upstream.path}`
    : '';
  return `${status} by the ${from}${location}${answer}${beyond}${attempts === undefined ? '' : ` | ${attempts} upstream requests`}`;
}

function printRequest(
  { request, problems, istio, bowsprit }: RequestResult,
  known: string | undefined,
  verbose: boolean,
): void {
  if (problems.length === 0 && !verbose) return;
  const mark = problems.length === 0 ? 'same' : known ? 'known' : 'DIFF';
  console.log(`  ${mark.padEnd(5)} «${request.name}»${known && problems.length > 0 ? ` (${known})` : ''}`);
  for (const problem of problems) console.log(`          ${problem}`);
  if (!verbose && problems.length === 0) return;
  console.log(`        Istio: ${brief(istio)}`);
  console.log(`        ${values.captured ? 'Case' : 'Ours'}:  ${brief(bowsprit)}`);
}

function printConfiguration({ validation, verdicts, findings, refused }: CaseResult, verbose: boolean): void {
  for (const text of validation) console.log(`  DIFF  ${text}`);
  if (refused) console.log(`  refused by Istio or Envoy, no request sent: ${refused.slice(0, 600)}`);
  if (!verbose) return;
  for (const { kind, namespace, name, errors = [], warnings = [] } of verdicts)
    console.log(`  Istio on ${kind} ${namespace}/${name}: ${[...errors, ...warnings].join('; ')}`);
  for (const { code, level, resource, message } of findings)
    console.log(`  Bowsprit: ${level} ${code} ${resource} ${message}`);
}

/** Prints what differs and gives how much. */
function report(file: string, result: CaseResult, verbose: boolean): number {
  const differing = result.requests.filter(({ problems }) => problems.length > 0);
  const counted = differing.filter(({ request }) => !knownReason(file, request));
  const count = counted.length + result.validation.length;
  if (count > 0 || verbose || result.refused || differing.length > 0)
    console.log(`${file}: ${result.requests.length} requests, ${count} differ`);
  printConfiguration(result, verbose);
  for (const one of result.requests) printRequest(one, knownReason(file, one.request), verbose);
  return count;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    verbose: { type: 'boolean', short: 'v', default: false },
    captured: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const files = positionals.flatMap(filesBelow);
if (files.length === 0) throw new Error('name a case file or a folder of them');
const both = await Both.start();
let requests = 0;
let differences = 0;
try {
  for (const file of files) {
    const one = caseAt(file);
    const result = await both.run(one, values.captured);
    if (values.write) write(file, result);
    requests += result.requests.length;
    differences += report(one.file, result, values.verbose);
  }
} finally {
  await both.stop();
}
console.log(
  `${files.length} cases, ${requests} requests: ${differences} differ (expected: Istio, got: ${values.captured ? 'Istio now' : 'Bowsprit'})`,
);
process.exitCode = Math.min(differences, MOST);
