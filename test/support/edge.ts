/**
 * The gateway's Worker on a real workerd, fed with a hand-written Snapshot, for tests of the request path: no YAML, no
 * compiler, no command line. Each edge listens on a free loopback port per listener.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { V8_FLAGS } from '../../cli/serve/capnp.ts';
import { endpointBinding } from '../../gateway/bindings.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { freePort } from './free-port.ts';

export interface Edge {
  /** Local port of a Gateway port. */
  port(gatewayPort: number): number;
  /** Of workerd, for measurements. */
  pid: number;
  /** performance.now() when workerd was started. */
  since: number;
  stop(): Promise<void>;
}

interface EdgeOptions {
  internet?: number;
  filters?: Record<string, Uint8Array>;
  worker?: string;
  flags?: readonly string[];
  under?: readonly string[];
}

/**
 * Starts the Worker; resolves when every listener accepts. `internet`: the local port that answers for every host outside
 * (env.INTERNET), so that configurations which name one can be tested as they are. `filters`: Wasm modules by SHA-256.
 * `worker`: another entry around the gateway's, which exports `default` and `registerModules`. `flags` are workerd's; `under` is the
 * program, with its arguments, that runs it.
 */
export async function startEdge(
  snapshot: Snapshot,
  { internet, filters = {}, worker = 'gateway/worker.ts', flags = [], under = [] }: EdgeOptions = {},
): Promise<Edge> {
  const directory = mkdtempSync(join(tmpdir(), 'edge-'));
  const ports = new Map<number, number>();
  for (const listener of snapshot.listeners) ports.set(listener.port, await freePort());
  await build({
    entryPoints: [worker],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    outfile: join(directory, 'worker.js'),
    logLevel: 'error',
  });
  writeFileSync(join(directory, 'snapshot.json'), JSON.stringify(snapshot));
  writeModules(directory, filters);
  writeFileSync(join(directory, 'edge.capnp'), configuration(snapshot, ports, Object.keys(filters), internet));
  const workerd = ['node_modules/workerd/bin/workerd', 'serve', join(directory, 'edge.capnp'), '--experimental'];
  const [program, ...args] = [...under, ...workerd, ...flags];
  const since = performance.now();
  const child = spawn(program!, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const port of ports.values()) await accepting(port, child);
  return {
    port: (gatewayPort) => ports.get(gatewayPort)!,
    pid: child.pid!,
    since,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => {
          rmSync(directory, { recursive: true });
          resolve();
        });
        child.kill('SIGKILL');
      }),
  };
}

/** The entry only joins the bundle with its filters. */
function writeModules(directory: string, filters: Record<string, Uint8Array>): void {
  const names = Object.keys(filters);
  for (const name of names) writeFileSync(join(directory, `${name}.wasm`), filters[name]!);
  const imports = names.map((name, index) => `import filter${index} from './${name}.wasm';`);
  const table = names.map((name, index) => `'${name}': filter${index}`).join(', ');
  const entry = [
    ...imports,
    `import { registerModules } from './worker.js';`,
    `registerModules({ ${table} });`,
    `export { default } from './worker.js';`,
  ];
  writeFileSync(join(directory, 'main.js'), entry.join('\n'));
}

function configuration(
  snapshot: Snapshot,
  ports: ReadonlyMap<number, number>,
  filters: readonly string[],
  internet?: number,
): string {
  const endpoints = new Map<string, string>();
  if (internet !== undefined) endpoints.set('INTERNET', `127.0.0.1:${internet}`);
  for (const cluster of Object.values(snapshot.clusters))
    for (const endpoint of cluster.endpoints)
      endpoints.set(endpointBinding(cluster, endpoint), `${endpoint.address}:${endpoint.port}`);
  const names = [...endpoints.keys()];
  const services = names.map(
    (name, index) => `(name = "up${index}", external = (address = "${endpoints.get(name)}", http = ()))`,
  );
  const bindings = names.map((name, index) => `(name = "${name}", service = "up${index}")`);
  const wasm = filters.map((name) => `, (name = "${name}.wasm", wasm = embed "${name}.wasm")`).join('');
  const sockets = [...ports].map(
    ([port, local]) =>
      `(name = "s${port}", address = "127.0.0.1:${local}", http = (), service = (name = "edge", props = (json = "{\\"port\\":${port}}")))`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(V8_FLAGS)},
  services = [ (name = "internet", network = (allow = ["public", "private", "local"])), (name = "edge", worker = .worker), ${services.join(', ')} ],
  sockets = [ ${sockets.join(', ')} ] );
const worker :Workerd.Worker = (
  modules = [ (name = "main.js", esModule = embed "main.js"), (name = "worker.js", esModule = embed "worker.js")${wasm} ],
  compatibilityDate = "2026-08-01", compatibilityFlags = ["nodejs_compat"],
  bindings = [ (name = "SNAPSHOT", json = embed "snapshot.json"), ${bindings.join(', ')} ] );
`;
}

async function accepting(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 6_000 && child.exitCode === null; attempt++) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (accepted) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`workerd does not listen on ${port}`);
}
