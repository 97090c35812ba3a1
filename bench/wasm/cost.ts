/**
 * What filters add to a request, in CPU of the server. Each case is compared with the one without filters that was measured
 * right before it, because another tenant of the machine meets both; medians of the differences over the rounds.
 */
import { cpuMicroseconds } from '../cpu.ts';
import { load } from '../load.ts';
import { median } from '../measure.ts';

/** Serves a number of requests, or for a while, and says how many it were. */
export type Run = (port: number) => Promise<number>;

/** Microseconds a request of the first port, and what each port's requests cost over it. */
export async function addedCosts(
  pid: number,
  ports: readonly number[],
  rounds: number,
  run: Run,
): Promise<{ base: number; added: number[] }> {
  const bases: number[] = [];
  const added = ports.map(() => [] as number[]);
  const first = ports[0]!;
  for (const port of ports) await run(port);
  for (let round = 0; round < rounds; round++)
    for (const [index, port] of ports.entries()) {
      if (index === 0) continue;
      const base = await costOf(pid, first, run);
      added[index]!.push((await costOf(pid, port, run)) - base);
      bases.push(base);
    }
  return { base: median(bases), added: added.map((differences) => (differences.length > 0 ? median(differences) : 0)) };
}

async function costOf(pid: number, port: number, run: Run): Promise<number> {
  const before = cpuMicroseconds(pid);
  const requests = await run(port);
  return (cpuMicroseconds(pid) - before) / requests;
}

/** Requests in a loop within the isolate (loop-worker.ts). */
export function loop(count: number): Run {
  return async (port) => {
    await linearMemoryAfter(port, count);
    return count;
  };
}

/** Serves `count` requests; the bytes of linear memory that the port's filters then have. */
export async function linearMemoryAfter(port: number, count: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/loop?count=${count}`);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(text);
  return Number(text);
}

const HEAD = [
  'GET /a/path HTTP/1.1',
  'host: bench.example',
  'accept: text/html,application/xhtml+xml',
  'accept-encoding: gzip, deflate, br',
  'accept-language: en-US,en;q=0.9',
  'cookie: session=0123456789abcdef; theme=dark',
  'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
];

/** Requests over connections, as fast as they go. */
export function overConnections(seconds: number): Run {
  const head = `${HEAD.join('\r\n')}\r\n\r\n`;
  return async (port) => {
    const { requests, failures } = await load({ port, head, connections: 8, seconds, rate: 0 });
    if (failures > 0) throw new Error(`${failures} of ${requests} answers were not 200`);
    return requests;
  };
}
