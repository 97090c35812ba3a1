/** `bowsprit serve` on resources made by a test: Gateway ports on free local ones, everything it says, its metrics. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../support/free-port.ts';
import { stop } from '../support/stop.ts';

const BIN = join(import.meta.dirname, '../../cli/bowsprit.mjs');
const READY_MS = 20_000;
const SELECTOR = { istio: 'ingressgateway' };

export interface ServedFilters {
  /** Where the configuration is, for files beside it. */
  folder: string;
  /** Local port of a Gateway port. */
  port(gatewayPort: number): number;
  /** Both outputs so far. */
  log(): string;
  /** A value of /stats/prometheus; undefined: no such line. */
  metric(series: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

export function resource(apiVersion: string, kind: string, name: string, spec: object): object {
  return { apiVersion, kind, metadata: { name, namespace: 'istio-system' }, spec };
}

/** A Gateway for every host on these ports, whose only route answers `from the route`. */
export function gatewayOn(ports: readonly number[]): object[] {
  const servers = ports.map((number) => ({
    port: { number, name: `http-${number}`, protocol: 'HTTP' },
    hosts: ['*'],
  }));
  const http = [{ directResponse: { status: 200, body: { string: 'from the route' } } }];
  return [
    resource('networking.istio.io/v1', 'Gateway', 'gw', { selector: SELECTOR, servers }),
    resource('networking.istio.io/v1', 'VirtualService', 'vs', { hosts: ['*'], gateways: ['gw'], http }),
  ];
}

/** A WasmPlugin of the gateway, on one port when one is named. */
export function pluginOn(port: number | undefined, name: string, spec: object): object {
  const match = port === undefined ? {} : { match: [{ ports: [{ number: port }] }] };
  return resource('extensions.istio.io/v1alpha1', 'WasmPlugin', name, {
    selector: { matchLabels: SELECTOR },
    ...match,
    ...spec,
  });
}

interface ServeOptions {
  env?: NodeJS.ProcessEnv;
  command?: readonly string[];
  /** Istio's MeshConfig. */
  meshConfig?: object;
}

/** Starts and waits until it is ready; `resources` gets the folder to put modules into. */
export async function serveFilters(
  ports: readonly number[],
  resources: (folder: string) => object[],
  { env = {}, command = ['serve'], meshConfig }: ServeOptions = {},
): Promise<ServedFilters> {
  const folder = mkdtempSync(join(tmpdir(), 'served-filters-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    resources(folder)
      .map((one) => stringify(one))
      .join('---\n'),
  );
  if (meshConfig !== undefined) writeFileSync(join(folder, 'mesh.yml'), stringify(meshConfig));
  const mesh = meshConfig === undefined ? [] : ['--mesh-config', join(folder, 'mesh.yml')];
  const admin = await freePort();
  const local = new Map(await Promise.all(ports.map(async (port) => [port, await freePort()] as const)));
  const listen = [...local].flatMap(([port, at]) => ['--listen', `${port}=${at}`]);
  const args = [...command, '-f', config, ...mesh, '--admin', `127.0.0.1:${admin}`, ...listen];
  const child = spawn(BIN, args, { env: { ...process.env, BOWSPRIT_CACHE: join(folder, 'cache'), ...env } });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (log += part));
  await ready(admin, child, () => log);
  return {
    folder,
    port: (gatewayPort) => local.get(gatewayPort)!,
    log: () => log,
    metric: async (series) => {
      const text = await (await fetch(`http://127.0.0.1:${admin}/stats/prometheus`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length));
    },
    stop: () => stop(child).finally(() => rmSync(folder, { recursive: true, force: true })),
  };
}

async function ready(admin: number, child: ChildProcess, log: () => string): Promise<void> {
  for (const end = Date.now() + READY_MS; Date.now() < end && child.exitCode === null; ) {
    const ok = await fetch(`http://127.0.0.1:${admin}/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Error(`serve did not get ready: ${log()}`);
}
