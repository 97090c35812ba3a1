/** What Istio's gateway just did, in the form of a captured case, so that it can be compared like one. */
import type { CapturedRequest, Expectation, HeaderMap } from '../conformance/case.ts';
import type { Observation } from '../conformance/compare.ts';
import type { Seen } from '../conformance/echo.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A wait that was asked for, not the machine's own. */
const NOTICEABLE_SECONDS = 0.8;

export function expectationOf({ answer, seen, seconds }: Observation): Expectation {
  if (!answer) return { status: 0, from: 'gateway', connection: 'closed' };
  const headers = folded(answer.headers);
  const last = seen.at(-1);
  const from = headers['x-echo'] === undefined && !answer.body.startsWith('{"echo":true') ? 'gateway' : 'upstream';
  const usual = from === 'upstream' ? 1 : 0;
  return {
    status: answer.status,
    from,
    headers,
    ...(from === 'gateway' && { body: answer.body }),
    ...(last && { upstream: upstreamOf(last) }),
    ...(seen.length !== usual && { attempts: seen.length }),
    ...(seconds >= NOTICEABLE_SECONDS && { seconds }),
  };
}

function upstreamOf({ service, version, port, method, authority = '', path, headers, body }: Seen) {
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

/** Whether the request can be compared one by one, and not only by how often its outcomes come. */
export const isRepeated = ({ repeat = 1 }: CapturedRequest): boolean => repeat > 1;
