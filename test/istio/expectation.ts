/** What Istio's gateway just did, in the form of a captured case, so that it can be compared like one. */
import type { Expectation, HeaderMap, UpstreamExpectation } from '../conformance/case.ts';
import { answering, echoOf, type Observation } from '../conformance/compare.ts';
import type { Seen } from '../conformance/echo.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TRANSPORT = new Set(['date', 'connection']);
const TIMEOUTS = new Set(['x-envoy-expected-rq-timeout-ms', 'grpc-timeout']);
/** A wait that was asked for, not the machine's own. */
const NOTICEABLE_SECONDS = 0.8;

export function expectationOf({ answer, seen, seconds }: Observation): Expectation {
  if (!answer) return { status: 0, from: 'gateway', connection: 'closed' };
  const headers = folded(answer.headers.filter(([name]) => !TRANSPORT.has(name)));
  const beyond = answering(answer, seen);
  const from = echoOf(answer.body) || headers['x-echo'] !== undefined ? 'upstream' : 'gateway';
  const usual = from === 'upstream' ? 1 : 0;
  return {
    status: answer.status,
    from,
    headers,
    ...(from === 'gateway' && { body: answer.body }),
    ...(beyond && { upstream: upstreamOf(beyond) }),
    ...(seen.length !== usual && { attempts: seen.length }),
    ...(seconds >= NOTICEABLE_SECONDS && { seconds }),
  };
}

export function upstreamOf(seen: Seen): UpstreamExpectation {
  const { service, version, port, method, authority = '', path, headers, body } = seen;
  const sent = headers.filter(([name]) => name !== 'host');
  const again = sent.some(([name, value]) => name === 'x-envoy-attempt-count' && value !== '1');
  // What is left of a timeout at a retry depends on the machine.
  const left = again && sent.filter(([name]) => TIMEOUTS.has(name)).map(([name]) => [name, '<ms>']);
  return {
    service,
    version,
    port,
    method,
    authority,
    path,
    headers: { ...folded(sent), ...(left && Object.fromEntries(left)) },
    body,
  };
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
  if (name === 'x-envoy-upstream-service-time') return '<ms>';
  if (name === 'set-cookie') return value.replace(/="[0-9a-f]{8,16}"/, '="<hash>"');
  return value;
}

/** Mirrored and earlier requests: all but the one that was answered, in an order that does not depend on time. */
export function othersOf({ answer, seen }: Observation): Seen[] {
  const main = answer && JSON.stringify(answering(answer, seen));
  const others = seen.filter((one) => JSON.stringify(one) !== main);
  const attempt = ({ headers }: Seen) => headers.find(([name]) => name === 'x-envoy-attempt-count')?.[1] ?? '';
  const key = (one: Seen) => [one.service, one.version, attempt(one), one.path].join(' ');
  return others.sort((a, b) => key(a).localeCompare(key(b)));
}
