/** What Istio's gateway just did, in the form of a captured case, so that it can be compared like one. */
import type { Expectation, HeaderMap, UpstreamExpectation } from '../conformance/case.ts';
import { echoOf, type Observation } from '../conformance/compare.ts';
import type { Seen } from '../conformance/echo.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A wait that was asked for, not the machine's own. */
const NOTICEABLE_SECONDS = 0.8;

export function expectationOf({ answer, seen, seconds }: Observation): Expectation {
  if (!answer) return { status: 0, from: 'gateway', connection: 'closed' };
  const headers = folded(answer.headers);
  const echo = echoOf(answer.body);
  const answering = echo ?? seen.at(-1);
  const from = echo || headers['x-echo'] !== undefined ? 'upstream' : 'gateway';
  const usual = from === 'upstream' ? 1 : 0;
  return {
    status: answer.status,
    from,
    headers,
    ...(from === 'gateway' && { body: answer.body }),
    ...(answering && { upstream: upstreamOf(answering) }),
    ...(seen.length !== usual && { attempts: seen.length }),
    ...(seconds >= NOTICEABLE_SECONDS && { seconds }),
  };
}

export function upstreamOf(seen: Seen): UpstreamExpectation {
  const { service, version, port, method, authority = '', path, headers, body } = seen;
  const sent = headers.filter(([name]) => name !== 'host');
  return { service, version, port, method, authority, path, headers: folded(sent), body };
}

function folded(pairs: readonly [string, string][]): HeaderMap {
  const result: HeaderMap = {};
  for (const [name, value] of pairs) {
    const kept = stable(name, value);
    result[name] = name in result ? [result[name]!, kept].flat() : kept;
  }
  return result;
}

/** Without what is different each time. */
function stable(name: string, value: string): string {
  if (name === 'x-request-id' && UUID.test(value)) return '<uuid>';
  if (name === 'set-cookie') return value.replace(/="[0-9a-f]{8,16}"/, '="<hash>"');
  return value;
}

/** Mirrored and earlier requests: all but the one that was answered, in an order that does not depend on time. */
export function othersOf({ answer, seen }: Observation): Seen[] {
  const answering = JSON.stringify(echoOf(answer?.body ?? ''));
  const at = seen.findIndex((one) => JSON.stringify(one) === answering);
  const others = at < 0 ? seen.slice(0, -1) : seen.toSpliced(at, 1);
  const attempt = ({ headers }: Seen) => headers.find(([name]) => name === 'x-envoy-attempt-count')?.[1] ?? '';
  const key = (one: Seen) => [one.service, one.version, attempt(one), one.path].join(' ');
  return others.sort((a, b) => key(a).localeCompare(key(b)));
}
