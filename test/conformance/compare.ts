/** What came back beside what Istio's own gateway did: a list of differences in words, empty when they agree. */
import type { CapturedRequest, Expectation, HeaderMap } from './case.ts';
import type { Seen } from './echo.ts';
import type { Answer } from './send.ts';

/** Headers that may differ without meaning: what the transport adds, what holds a time, and the product's own name. */
const LOOSE = new RegExp(
  '^(server|date|connection|keep-alive|content-length|transfer-encoding|x-envoy-upstream-service-time|cf-|cdn-loop' +
    '|traceparent|tracestate|x-b3-|b3$|x-bowsprit-|accept-encoding|vary|content-type$)',
);

/** Everything that was observed of one request. */
export interface Observation {
  /** undefined: the connection was closed. */
  answer: Answer | undefined;
  seen: Seen[];
  seconds: number;
}

/** How often each status and each upstream's version came. */
export interface Spread {
  statuses: Record<string, number>;
  distribution: Record<string, number>;
}

export function compareOne(
  request: CapturedRequest,
  expected: Expectation,
  { answer, seen, seconds }: Observation,
): string[] {
  if (expected.connection === 'closed') return answer ? [`expected a closed connection, got ${answer.status}`] : [];
  if (!answer) return [`connection closed, expected ${expected.status}`];
  return [
    ...compareStatus(expected, answer),
    ...compareAnswer(request, expected, answer, seen),
    ...compareAttempts(expected, seen),
    ...compareTime(expected, seconds),
  ];
}

function compareStatus(expected: Expectation, { status, body }: Answer): string[] {
  return status === expected.status ? [] : [`status: expected ${expected.status}, got ${status} ${body.slice(0, 160)}`];
}

function compareAnswer(request: CapturedRequest, expected: Expectation, answer: Answer, seen: Seen[]): string[] {
  const headers = fold(answer.headers);
  const echo = echoOf(answer.body);
  const from = echo || headers['x-echo'] !== undefined ? 'upstream' : 'gateway';
  if (from !== expected.from) return [`answered by the ${from}, expected the ${expected.from}`];
  // Which endpoint answered was chance: the name it gives itself says nothing.
  if (request.any_endpoint) headers['x-echo'] = expected.headers?.['x-echo'] ?? '';
  if (!headers['x-echo']) delete headers['x-echo'];
  const body =
    from === 'gateway' && (expected.body ?? '') !== answer.body
      ? [`body: expected ${JSON.stringify(expected.body)}, got ${JSON.stringify(answer.body.slice(0, 300))}`]
      : [];
  const upstream = compareUpstream(request, expected, answering(answer, seen));
  return [...body, ...compareHeaders('response header', expected.headers ?? {}, headers), ...upstream];
}

/** What the upstream saw that answered: as its answer tells, else the last one, but no mirror. */
export function answering({ body }: Answer, seen: Seen[]): Seen | undefined {
  const mirrored = ({ headers }: Seen) => headers.some(([name]) => name === 'x-envoy-internal');
  return echoOf(body) ?? seen.findLast((one) => !mirrored(one));
}

export function echoOf(body: string): Seen | undefined {
  try {
    const value = JSON.parse(body);
    return value?.echo === true ? value : undefined;
  } catch {
    return undefined;
  }
}

export function compareUpstream(
  { any_endpoint }: CapturedRequest,
  { upstream }: Expectation,
  seen: Seen | undefined,
): string[] {
  if (!upstream) return [];
  if (!seen) return ['no upstream request was seen'];
  const fields = [
    'service',
    'method',
    'authority',
    'path',
    ...(any_endpoint ? [] : ['version', 'port']),
  ] as (keyof Seen & keyof typeof upstream)[];
  const different = fields.filter((field) => String(seen[field]) !== String(upstream[field]));
  const headers = fold(seen.headers.filter(([name]) => name !== 'host'));
  const body = upstream.body !== undefined && upstream.body !== seen.body;
  return [
    ...different.map((field) => `upstream ${field}: expected ${upstream[field]}, got ${seen[field]}`),
    ...compareHeaders('upstream header', upstream.headers ?? {}, headers),
    ...(body ? [`upstream body: expected ${JSON.stringify(upstream.body)}, got ${JSON.stringify(seen.body)}`] : []),
  ];
}

function compareHeaders(what: string, expected: HeaderMap, got: HeaderMap): string[] {
  const wrong = Object.entries(expected).filter(([name, value]) => !LOOSE.test(name) && !agree(name, value, got[name]));
  const surplus = Object.keys(got).filter((name) => !(name in expected) && !LOOSE.test(name) && name !== 'host');
  return [
    ...wrong.map(
      ([name, value]) => `${what} ${name}: expected ${JSON.stringify(value)}, got ${JSON.stringify(got[name])}`,
    ),
    ...surplus.map((name) => `${what} ${name}: unexpected ${JSON.stringify(got[name])}`),
  ];
}

/** `<uuid>`, `<hash>` and `<ms>` stand for what is different each time; a limit's reset counts down while the suite runs. */
function agree(name: string, expected: string | string[], got: string | string[] | undefined): boolean {
  if (got === undefined) return false;
  if (expected === '<uuid>') return /^[0-9a-f-]{36}$/.test(String(got));
  if (expected === '<ms>') return /^\d+m?$/.test(String(got));
  if (String(expected).includes('<hash>'))
    return String(expected) === String(got).replaceAll(/"[0-9a-f]+"/g, '"<hash>"');
  if (name === 'x-ratelimit-reset') return Math.abs(Number(expected) - Number(got)) <= 3;
  return [expected].flat().join(', ') === [got].flat().join(', ');
}

function fold(pairs: [string, string][]): HeaderMap {
  const folded: HeaderMap = {};
  for (const [name, value] of pairs) folded[name] = name in folded ? [folded[name]!, value].flat() : value;
  return folded;
}

function compareAttempts({ attempts, from }: Expectation, seen: Seen[]): string[] {
  const usual = from === 'upstream' ? 1 : 0;
  const count = Array.isArray(attempts) ? attempts.length : (attempts ?? usual);
  return seen.length === count ? [] : [`upstream requests: expected ${count}, saw ${seen.length}`];
}

function compareTime({ seconds: expected }: Expectation, seconds: number): string[] {
  if (expected === undefined || Math.abs(seconds - expected) <= Math.max(0.4, expected * 0.3)) return [];
  return [`took ${seconds.toFixed(1)} s, expected ${expected} s`];
}

/** For a repeated request: how often each outcome came, within what chance allows (five standard deviations). */
export function compareSpread(expected: Partial<Spread>, got: Spread, repeat: number): string[] {
  return [
    ...compareTally('statuses', expected.statuses ?? {}, got.statuses, repeat),
    ...compareTally('distribution', expected.distribution ?? {}, got.distribution, repeat),
  ];
}

function compareTally(
  what: string,
  expected: Record<string, number>,
  got: Record<string, number>,
  repeat: number,
): string[] {
  const labels = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  return labels
    .filter((label) => !near(got[label] ?? 0, expected[label] ?? 0, repeat))
    .map((label) => `${what} ${label}: expected about ${expected[label] ?? 0} of ${repeat}, got ${got[label] ?? 0}`);
}

/** Two samples of one distribution are compared, hence the square root of two. */
function near(got: number, expected: number, repeat: number): boolean {
  const deviation = Math.sqrt(Math.max(1, (expected * (repeat - expected)) / repeat)) * Math.SQRT2;
  const slack = expected === 0 || expected === repeat ? 0 : 2;
  return Math.abs(got - expected) <= 5 * deviation + slack;
}
