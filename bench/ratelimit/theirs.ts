/** Envoy, envoyproxy/ratelimit and Redis: a plain listener, a limited one, and their upstream in the same Envoy. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../test/support/free-port.ts';
import type { System } from '../ratelimit.ts';
import { cpuOf, descendants } from './cpu.ts';
import { LIMITS } from './limits.ts';
import { load } from './load.ts';

/**
 * @param binary of envoyproxy/ratelimit; envoy and redis-server come from the PATH.
 * @param onDisk whether Redis syncs each write to disk before it answers; otherwise it keeps nothing.
 */
export async function startTheirs(binary: string, onDisk: boolean): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-envoy-'));
  const ports: number[] = [];
  for (let count = 0; count < 7; count++) ports.push(await freePort());
  const [plain = 0, limited = 0, upstream = 0, redis = 0, grpc = 0, http = 0, debug = 0] = ports;
  mkdirSync(join(folder, 'runtime/config'), { recursive: true });
  writeFileSync(join(folder, 'runtime/config/config.yaml'), LIMITS);
  writeFileSync(
    join(folder, 'envoy.yaml'),
    stringify(bootstrap({ plain, limited, upstream, grpc }), { aliasDuplicateObjects: false }),
  );
  const run = (command: string, args: string[], env: Record<string, string> = {}) =>
    spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  const kept = onDisk ? ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder] : ['--appendonly', 'no'];
  const processes = [
    run('redis-server', ['--port', String(redis), '--save', '', '--bind', '127.0.0.1', ...kept]),
    run(binary, [], {
      REDIS_SOCKET_TYPE: 'tcp',
      REDIS_URL: `127.0.0.1:${redis}`,
      RUNTIME_ROOT: folder,
      RUNTIME_SUBDIRECTORY: 'runtime',
      RUNTIME_WATCH_ROOT: 'false',
      USE_STATSD: 'false',
      USE_PROMETHEUS: 'false',
      LOG_LEVEL: 'error',
      LOCAL_CACHE_SIZE_IN_BYTES: '1048576',
      HOST: '127.0.0.1',
      GRPC_HOST: '127.0.0.1',
      PORT: String(http),
      GRPC_PORT: String(grpc),
      DEBUG_PORT: String(debug),
    }),
    run('envoy', [
      '-c',
      join(folder, 'envoy.yaml'),
      '--concurrency',
      '1',
      '--log-level',
      'error',
      '--disable-hot-restart',
    ]),
  ];
  await answering(plain, limited);
  // A launcher may stand before the process that does the work.
  const pids = processes.flatMap(({ pid = 0 }) => [pid, ...descendants(pid, '')]);
  return { name: 'theirs', plain, limited, cpu: () => cpuOf(pids), stop: () => stop(processes, folder) };
}

async function stop(processes: ChildProcess[], folder: string): Promise<void> {
  for (const process of processes) {
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Until the limited port refuses what is over its limit: then all three work. */
async function answering(plain: number, limited: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answers = [
      load({ port: plain, requests: 1, concurrency: 1, key: () => 'hot' }),
      load({ port: limited, requests: 1, concurrency: 1, key: () => 'over' }),
    ];
    const [a, b] = await Promise.all(answers.map((answer) => answer.catch(() => undefined)));
    if (a?.statuses[200] && b?.statuses[429]) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Envoy with ratelimit does not answer');
}

interface Ports {
  plain: number;
  limited: number;
  upstream: number;
  grpc: number;
}

const TYPES = 'type.googleapis.com/envoy.extensions';
const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

function bootstrap({ plain, limited, upstream, grpc }: Ports): object {
  const ok = [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } }];
  const actions = [{ request_headers: { header_name: 'x-key', descriptor_key: 'key' } }];
  const forward = [{ match: { prefix: '/' }, route: { cluster: 'up', rate_limits: [{ actions }] } }];
  const service = { transport_api_version: 'V3', grpc_service: { envoy_grpc: { cluster_name: 'ratelimit' } } };
  const config = {
    '@type': `${TYPES}.filters.http.ratelimit.v3.RateLimit`,
    domain: 'bench',
    failure_mode_deny: true,
    timeout: '1s',
    rate_limit_service: service,
  };
  const filter = { name: 'envoy.filters.http.ratelimit', typed_config: config };
  const http2 = {
    '@type': `${TYPES}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  };
  return {
    static_resources: {
      listeners: [
        listener('plain', plain, forward, []),
        listener('limited', limited, forward, [filter]),
        listener('upstream', upstream, ok, []),
      ],
      clusters: [
        cluster('up', upstream, {}),
        cluster('ratelimit', grpc, {
          typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2 },
        }),
      ],
    },
  };
}

function listener(name: string, port: number, routes: object[], filters: object[]): object {
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': `${TYPES}.filters.http.router.v3.Router` },
  };
  const manager = {
    '@type': `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: name,
    route_config: { virtual_hosts: [{ name, domains: ['*'], routes }] },
    http_filters: [...filters, router],
  };
  return { name, address: address(port), filter_chains: [{ filters: [{ name: 'hcm', typed_config: manager }] }] };
}

function cluster(name: string, port: number, more: object): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }];
  return { name, type: 'STATIC', load_assignment: { cluster_name: name, endpoints }, ...more };
}
