/**
 * What a Wasm filter adds to a request, in CPU of the server, at the edge and in Envoy: the same .wasm, the same run. And
 * what the host alone costs: start of an isolate with 20 filters, memory after a million requests.
 * Run: node_modules/node/bin/node bench/wasm.ts [seconds a measurement] [rounds]; needs `envoy` and `wrk`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpFilter, Snapshot } from '../gateway/snapshot.ts';
import { FilterStream } from '../gateway/wasm/filter-stream.ts';
import { HeaderLines } from '../gateway/wasm/header-map.ts';
import { isolateHost } from '../gateway/wasm/isolate-host.ts';
import { Plugin } from '../gateway/wasm/plugin.ts';
import { compileFilter } from '../sdk/build/compile.ts';
import { compileModule } from '../sdk/build/module.ts';
import { envoyConfig } from '../sdk/harness/envoy/config.ts';
import { startEdge } from '../test/support/edge.ts';
import { freePort } from '../test/support/free-port.ts';
import { snapshotOf, virtualHostOf } from '../test/support/snapshot.ts';

const seconds = Number(process.argv[2] ?? 2);
const rounds = Number(process.argv[3] ?? 3);
const MILLION = 1_000_000;

const modules = {
  empty: (await compileFilter(join(import.meta.dirname, 'wasm/empty/assembly/index.ts'))).wasm,
  three: (await compileFilter(join(import.meta.dirname, 'wasm/three/assembly/index.ts'))).wasm,
};
type Name = keyof typeof modules;

const CASES: { name: string; module: Name; count: number }[] = [
  { name: 'no filter', module: 'empty', count: 0 },
  { name: 'empty filter', module: 'empty', count: 1 },
  { name: '3 reads, 2 writes', module: 'three', count: 1 },
  { name: '3 reads, 2 writes, 5 filters', module: 'three', count: 5 },
  { name: '3 reads, 2 writes, 20 filters', module: 'three', count: 20 },
];

const folder = mkdtempSync(join(tmpdir(), 'bench-wasm-'));
for (const [name, wasm] of Object.entries(modules)) writeFileSync(join(folder, `${name}.wasm`), wasm);
hostAlone();
const edge = await startEdge(snapshot(), { filters: modules });
const envoyPorts = await Promise.all(CASES.map(() => freePort()));
writeFileSync(join(folder, 'envoy.json'), JSON.stringify(envoySetup()));
const envoy = spawn('envoy', ['-c', join(folder, 'envoy.json'), '--concurrency', '1', '-l', 'error'], {
  stdio: 'ignore',
});
try {
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  await report();
} finally {
  envoy.kill();
  await edge.stop();
  rmSync(folder, { recursive: true });
}

function filtersOf({ module, count }: (typeof CASES)[number]): HttpFilter[] {
  return Array.from({ length: count }, (_, index) => ({
    phase: 'wasm',
    config: {
      kind: 'wasm',
      name: `bench.${module}-${index}`,
      sha256: module,
      url: '',
      pluginConfig: '',
      pluginName: '',
      failStrategy: 'FAIL_CLOSED',
      env: {},
      type: 'HTTP',
    },
  }));
}

function snapshot(): Snapshot {
  const action = { kind: 'direct' as const, status: 200, body: { string: 'ok' } };
  const route = { name: '', match: {}, action, origin: { kind: 'VirtualService', namespace: 'a', name: 'b' } };
  const base = snapshotOf([virtualHostOf('*', [route])]);
  const listener = base.listeners[0]!;
  base.listeners = CASES.map((one, index) => ({ ...listener, port: 8_000 + index, httpFilters: filtersOf(one) }));
  return base;
}

/** One listener a case, each with its filters as often as the case says and a direct response. */
function envoySetup(): object {
  const listeners = CASES.map(({ module, count }, index) => {
    const common = { configuration: '', rootId: '', env: {}, failStrategy: 'FAIL_CLOSED', clusters: {} };
    const wasm = join(folder, `${module}.wasm`);
    const made = envoyConfig({ ...common, name: module, wasm, listen: envoyPorts[index]! }) as Bootstrap;
    const listener = made.static_resources.listeners[0]!;
    const manager = listener.filter_chains[0]!.filters[0]!.typed_config;
    const [filter, router] = manager.http_filters as [
      { name: string; typed_config: { config: { name: string } } },
      object,
    ];
    manager.http_filters = [...Array.from({ length: count }, (_, at) => named(filter, at)), router];
    const direct = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } };
    manager.route_config.virtual_hosts[0]!.routes = [direct];
    return listener;
  });
  return { static_resources: { listeners } };
}
interface Bootstrap {
  static_resources: {
    listeners: {
      filter_chains: {
        filters: {
          typed_config: { http_filters: object[]; route_config: { virtual_hosts: { routes: object[] }[] } };
        }[];
      }[];
    }[];
  };
}
function named<T extends { name: string; typed_config: { config: { name: string } } }>(filter: T, at: number): T {
  const { typed_config } = filter;
  const config = { ...typed_config.config, name: `bench-${at}` };
  return { ...filter, name: `wasm-${at}`, typed_config: { ...typed_config, config } };
}

/** In this process: no HTTP, no headers of a platform. */
function hostAlone(): void {
  const host = isolateHost();
  const callouts = { has: () => false, send: () => Promise.reject(new Error('none')) };
  const config = { rootId: '', vmId: '', configuration: '', env: {}, failStrategy: 'FAIL_CLOSED' as const };
  const module = compileModule(modules.three);
  const start = performance.now();
  const plugins = Array.from({ length: 20 }, (_, at) => new Plugin({ ...config, name: `f${at}` }, module, host));
  for (const plugin of plugins) plugin.acquire(callouts);
  console.log(`start of 20 filters: ${(performance.now() - start).toFixed(2)} ms`);
  const vm = plugins[0]!.acquire(callouts);
  if (typeof vm === 'string') throw new Error('the filter did not start');
  const before = vm.memory.size;
  const from = performance.now();
  for (let i = 0; i < MILLION; i++) {
    const request = new HeaderLines([
      [':path', '/a/path'],
      [':method', 'GET'],
      ['user-agent', 'bench'],
      ['cookie', 'a=b'],
    ]);
    const scope = { attributes: undefined as never, filterState: new Map(), callouts };
    const stream = new FilterStream(vm, scope);
    stream.requestHeaders(request, true);
    stream.responseHeaders(new HeaderLines([[':status', '200']]), true);
    stream.end({ requestHeaders: request, responseHeaders: null });
  }
  const each = ((performance.now() - from) * 1000) / MILLION;
  console.log(`host alone, 3 reads and 2 writes: ${each.toFixed(2)} µs a request`);
  console.log(
    `linear memory: ${before / 1024} KiB at the start, ${vm.memory.size / 1024} KiB after 1,000,000 requests`,
  );
}

/** Nanoseconds on a CPU of all threads. */
function cpuOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, ns) => sum + ns, 0);
}

/** Microseconds of the server's CPU for one request. */
async function measure(pid: number, port: number): Promise<number> {
  const before = cpuOf(pid);
  const output = await run('wrk', ['-t1', '-c8', `-d${seconds}s`, `http://127.0.0.1:${port}/a/path`]);
  if (/Non-2xx/.test(output)) throw new Error(output);
  return (cpuOf(pid) - before) / 1_000 / Number(/(\d+) requests in/.exec(output)?.[1]);
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject).on('exit', () => resolve(output));
  });
}

async function report(): Promise<void> {
  const least = CASES.map(() => [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as [number, number]);
  for (let round = 0; round <= rounds; round++)
    for (const [index, port] of envoyPorts.entries()) {
      const ours = await measure(edge.pid, edge.port(8_000 + index));
      const theirs = await measure(envoy.pid!, port);
      // The first round warms both up.
      if (round > 0) least[index] = [Math.min(least[index]![0], ours), Math.min(least[index]![1], theirs)];
    }
  console.log('\nµs of server CPU a request (least of the rounds), and what the filters add');
  const row = (cells: (string | number)[]) =>
    console.log(cells.map((cell, at) => (at ? String(cell).padStart(9) : String(cell).padEnd(32))).join(''));
  row(['', 'edge', 'added', 'Envoy', 'added']);
  for (const [index, { name }] of CASES.entries()) {
    const [ours, theirs] = least[index]!;
    const [base, envoyBase] = least[0]!;
    row([name, ...[ours, ours - base, theirs, theirs - envoyBase].map((value) => value.toFixed(1))]);
  }
}
