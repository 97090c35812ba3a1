/** Measuring a server process from outside: its CPU time from /proc, its answers through the load generator. */
import { cpuMicroseconds } from './cpu.ts';
import { type LoadOptions, type LoadResult, load } from './load.ts';

export interface Subject {
  name: string;
  pid: number;
  port: number;
  stop(): Promise<void>;
}

export interface Cost extends LoadResult {
  /** Server CPU microseconds a request, user and system, all threads. */
  microseconds: number;
}

/** Loads a subject for `seconds`. Throws when an answer is not 200: it would measure something else. */
export async function measure(
  subject: Subject,
  head: string,
  { seconds = 0.4, rate = 0, connections = 8 }: Partial<Pick<LoadOptions, 'seconds' | 'rate' | 'connections'>> = {},
): Promise<Cost> {
  const before = cpuMicroseconds(subject.pid);
  const result = await load({ port: subject.port, head, connections, seconds, rate });
  const microseconds = (cpuMicroseconds(subject.pid) - before) / result.requests;
  if (result.failures > 0)
    throw new Error(`${subject.name}: ${result.failures} of ${result.requests} answers were not 200`);
  return { ...result, microseconds };
}

const ROUNDS = 5;
/** Until V8 has compiled what is hot: some 15,000 requests, before which its compiler's threads are counted as well. */
const WARM_UP_S = 5;

export const warmUp = (subject: Subject, head: string): Promise<Cost> => measure(subject, head, { seconds: WARM_UP_S });

/**
 * CPU µs a request of a subject, and how many more than those of a reference: rounds of both alternate, so that whatever else
 * the machine does meets both; medians over the rounds.
 */
export async function compare(
  subject: Subject,
  head: string,
  reference: Subject,
  referenceHead: string,
): Promise<{ cost: number; over: number }> {
  await warmUp(subject, head);
  const costs: number[] = [];
  const over: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const other = (await measure(reference, referenceHead)).microseconds;
    const own = (await measure(subject, head)).microseconds;
    costs.push(own);
    over.push(own - other);
  }
  return { cost: median(costs), over: median(over) };
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A browser's request. */
export function requestHead(host: string, path: string, headers: readonly string[]): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `host: ${host}`,
    'accept: text/html,application/xhtml+xml',
    'accept-encoding: gzip, deflate, br',
    'accept-language: en-US,en;q=0.9',
    'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'cookie: session=0123456789abcdef; theme=dark',
    'cache-control: no-cache',
    'sec-fetch-mode: navigate',
    'sec-fetch-site: none',
    'upgrade-insecure-requests: 1',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
