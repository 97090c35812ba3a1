/**
 * What choosing among many endpoints adds to a request: nanoseconds of a choice in a hot loop, then CPU of the server for
 * a whole request next to Envoy in the same run, against one endpoint.
 * Run: node_modules/node/bin/node bench/balance.ts [seconds a measurement] [rounds]; needs `envoy` and `wrk`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster, ForwardAction, LoadBalancer } from '../gateway/snapshot.ts';
import { Balancer } from '../gateway/upstream/balance/balancer.ts';
import { xxHash64 } from '../gateway/upstream/balance/xxhash64.ts';
import { startEdge } from '../test/support/edge.ts';
import { httpListener, startEnvoy, staticCluster } from '../test/support/envoy.ts';
import { freePort } from '../test/support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../test/support/snapshot.ts';
import { cpuMicroseconds } from './cpu.ts';

/** Whole ones, which is all that wrk takes. */
const seconds = Number(process.argv[2] ?? 1);
const rounds = Number(process.argv[3] ?? 4);
const COUNTS = [2, 100, 1_000];
const POLICIES = ['LEAST_REQUEST', 'ROUND_ROBIN', 'RANDOM', 'RING_HASH', 'MAGLEV'] as const;
/** The ones measured in whole requests; the others differ from these by less than can be measured there. */
const SERVED = ['LEAST_REQUEST', 'RING_HASH', 'MAGLEV'] as const;

interface Case {
  name: string;
  policy: LoadBalancer['policy'];
  count: number;
  weighted: boolean;
}

const only = (policy: LoadBalancer['policy'], count: number, weighted = false): Case => ({
  name: `${policy}-${count}${weighted ? '-weighted' : ''}`,
  policy,
  count,
  weighted,
});
const weightOf = ({ weighted }: Case, index: number) => (weighted ? (index % 5) + 1 : 1);

function clusterFor(one: Case, ports: number[]): Cluster {
  const cluster = clusterOf(one.name, ports.slice(0, one.count));
  cluster.endpoints.forEach((endpoint, index) => {
    endpoint.weight = weightOf(one, index);
  });
  return { ...cluster, loadBalancer: { policy: one.policy } };
}

/** Best of five hot loops. */
function nanoseconds(one: Case): { pick: number; fold: number } {
  const ports = Array.from({ length: one.count }, (_, index) => 10_000 + index);
  const started = performance.now();
  const balancer = new Balancer(clusterFor(one, ports));
  balancer.pick();
  const fold = performance.now() - started;
  const hash = one.policy === 'RING_HASH' || one.policy === 'MAGLEV' ? xxHash64 : () => undefined;
  const times = 200_000;
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) balancer.pick(hash('user-42@example.org'));
    best = Math.min(best, ((performance.now() - start) / times) * 1e6);
  }
  return { pick: best, fold };
}

function output(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.on('error', reject).on('exit', () => resolve(text));
  });
}

/** Server CPU microseconds a request; every request has another key. */
async function measure(pid: number, port: number, name: string, script: string): Promise<number> {
  const before = cpuMicroseconds(pid);
  const url = `http://127.0.0.1:${port}/${name}/`;
  const text = await output('wrk', ['-t1', '-c8', `-d${seconds}s`, '-s', script, url]);
  const counted = /(\d+) requests in/.exec(text)?.[1];
  if (counted === undefined || /Non-2xx/.test(text)) throw new Error(`${name}: ${text}`);
  return (cpuMicroseconds(pid) - before) / Number(counted);
}

const LUA = `local n = 0
request = function()
  n = n + 1
  wrk.headers["x-key"] = "user-" .. n
  return wrk.format()
end`;

function choices(): void {
  console.log('choosing, ns (and building the choice, ms)');
  for (const policy of POLICIES) {
    const cells = COUNTS.map((count) => {
      const { pick, fold } = nanoseconds(only(policy, count));
      return `${pick.toFixed(0).padStart(6)} (${fold.toFixed(1)})`;
    });
    console.log(`${policy.padEnd(24)} ${cells.join('  ')}`);
  }
  for (const policy of ['ROUND_ROBIN', 'LEAST_REQUEST'] as const) {
    const cells = COUNTS.map(
      (count) =>
        `${nanoseconds(only(policy, count, true))
          .pick.toFixed(0)
          .padStart(6)}      `,
    );
    console.log(`${`${policy} weighted`.padEnd(24)} ${cells.join('  ')}`);
  }
}

async function requests(): Promise<void> {
  const cases = [1, ...COUNTS].flatMap((count) => SERVED.map((policy) => only(policy, count)));
  const upstream = spawn(process.execPath, [join(import.meta.dirname, 'balance-upstream.ts'), '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ports = JSON.parse(String(await new Promise((resolve) => upstream.stdout.once('data', resolve)))) as number[];
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const script = join(directory, 'keys.lua');
  writeFileSync(script, LUA);
  const edge = await startEdge(edgeSnapshot(cases, ports));
  const envoyPort = await freePort();
  const envoy = await startEnvoy(envoyResources(cases, ports, envoyPort));
  try {
    const samples = cases.map(() => ({ edge: [] as number[], envoy: [] as number[] }));
    for (let round = 0; round <= rounds; round++)
      for (const [index, { name }] of cases.entries()) {
        const ours = await measure(edge.pid, edge.port(80), name, script);
        const theirs = await measure(envoy.pid, envoyPort, name, script);
        // The first round warms both up and opens the connections.
        if (round > 0) samples[index]!.edge.push(ours);
        if (round > 0) samples[index]!.envoy.push(theirs);
      }
    report(cases, samples);
  } finally {
    envoy.stop();
    await edge.stop();
    upstream.kill();
    rmSync(directory, { recursive: true });
  }
}

function edgeSnapshot(cases: Case[], ports: number[]) {
  const hashPolicy = [{ kind: 'header' as const, name: 'x-key' }];
  const routes = cases.map(({ name }) => {
    const { action, ...route } = forwardTo(name, { match: { path: { kind: 'prefix', value: `/${name}/` } } });
    return { ...route, action: { ...(action as ForwardAction), hashPolicy } };
  });
  return snapshotOf(
    [virtualHostOf('*', routes)],
    cases.map((one) => clusterFor(one, ports)),
  );
}

function envoyResources(cases: Case[], ports: number[], port: number): unknown {
  const routes = cases.map(({ name }) => ({
    match: { prefix: `/${name}/` },
    route: { cluster: name, hash_policy: [{ header: { header_name: 'x-key' } }] },
  }));
  const clusters = cases.map((one) =>
    staticCluster(
      one.name,
      ports.slice(0, one.count).map((endpoint, index) => ({ port: endpoint, weight: weightOf(one, index) })),
      { lb_policy: one.policy },
    ),
  );
  return { listeners: [httpListener(port, routes)], clusters };
}

function report(cases: Case[], samples: { edge: number[]; envoy: number[] }[]): void {
  console.log('\nserver CPU, µs a request with one endpoint, then what 2, 100 and 1,000 endpoints add');
  for (const policy of SERVED)
    for (const side of ['edge', 'envoy'] as const) {
      const costs = cases.flatMap((one, index) => (one.policy === policy ? [Math.min(...samples[index]![side])] : []));
      const added = costs.slice(1).map((cost) => `${(cost - costs[0]!).toFixed(1).padStart(7)}`);
      console.log(`${policy.padEnd(14)} ${side.padEnd(6)} ${costs[0]!.toFixed(1).padStart(7)} ${added.join(' ')}`);
    }
}

choices();
await requests();
