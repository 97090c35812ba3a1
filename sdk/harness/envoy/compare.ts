/** Where the edge and Envoy differ in one request. */
import type { Lines, Result } from '../messages.ts';

/** What proxies and codecs add of their own. */
const OWN = new Set([
  ...['date', 'server', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'x-forwarded-proto'],
  ...['x-envoy-expected-rq-timeout-ms', 'x-envoy-upstream-service-time', 'x-request-id', 'x-envoy-original-path'],
]);

type Compared = Pick<Result, 'upstream' | 'response'>;

/** Empty: they agree. Headers of `ignored` names do not count. */
export function differences(edge: Compared, envoy: Compared, ignored: readonly string[] = []): string[] {
  const own = (lines: Lines) => counted(lines, ignored);
  const found: string[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown) => {
    const [left, right] = [JSON.stringify(ours), JSON.stringify(theirs)];
    if (left !== right) found.push(`${what}: edge ${left}, Envoy ${right}`);
  };
  compare('forwarded', edge.upstream !== undefined, envoy.upstream !== undefined);
  if (edge.upstream && envoy.upstream) {
    for (const part of ['method', 'path', 'authority', 'body'] as const)
      compare(`upstream ${part}`, edge.upstream[part], envoy.upstream[part]);
    compare('upstream headers', own(edge.upstream.headers), own(envoy.upstream.headers));
  }
  compare('answered', edge.response !== undefined, envoy.response !== undefined);
  if (edge.response && envoy.response) {
    compare('status', edge.response.status, envoy.response.status);
    compare('body', edge.response.body, envoy.response.body);
    compare('headers', own(edge.response.headers), own(envoy.response.headers));
  }
  return found;
}

/** Sorted by name; lines of one name keep their order. */
function counted(lines: Lines, ignored: readonly string[]): [string, string][] {
  const counts = ([name]: [string, string]) => !OWN.has(name) && !ignored.includes(name);
  return lines.entries.filter(counts).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
