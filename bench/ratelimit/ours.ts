/** `bowsprit serve` with a plain port and a limited one. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../test/support/free-port.ts';
import type { System } from '../ratelimit.ts';
import { cpuOf, descendants } from './cpu.ts';
import { LIMITS } from './limits.ts';

const HOST = 'up.example.com';

/** @param onDisk whether the counters are kept on disk (--data); otherwise they end with `serve`. */
export async function startOurs(onDisk: boolean): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-ratelimit-'));
  const upstream = await listen();
  writeFileSync(join(folder, 'config.yaml'), config((upstream.address() as { port: number }).port));
  const [plain, limited, admin] = [await freePort(), await freePort(), await freePort()];
  const args = [
    'serve',
    '-f',
    join(folder, 'config.yaml'),
    '--listen',
    `80=${plain}`,
    '--listen',
    `81=${limited}`,
    '--admin',
    `127.0.0.1:${admin}`,
    ...(onDisk ? ['--data', join(folder, 'data')] : []),
  ];
  const child = spawn(process.execPath, ['cli/main.ts', ...args], { stdio: 'ignore' });
  while ((await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => undefined))?.status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const pids = descendants(child.pid ?? 0, 'workerd');
  return {
    name: 'ours',
    plain,
    limited,
    cpu: () => cpuOf(pids),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      upstream.closeAllConnections();
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listen(): Promise<Server> {
  const server = createServer((incoming, answer) => {
    incoming.resume();
    answer.end('ok');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function config(port: number): string {
  const gateway = (number: number) => ({ port: { number, name: `http-${number}`, protocol: 'HTTP' }, hosts: ['*'] });
  const subFilter = { name: 'envoy.filters.http.router' };
  const listener = {
    portNumber: 81,
    filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager', subFilter } },
  };
  const type = 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit';
  const service = { transport_api_version: 'V3', grpc_service: { envoy_grpc: { cluster_name: 'ratelimit' } } };
  const filter = {
    name: 'envoy.filters.http.ratelimit',
    typed_config: { '@type': type, domain: 'bench', failure_mode_deny: true, rate_limit_service: service },
  };
  const limits = [{ actions: [{ request_headers: { header_name: 'x-key', descriptor_key: 'key' } }] }];
  const configPatches = [
    {
      applyTo: 'HTTP_FILTER',
      match: { context: 'GATEWAY', listener },
      patch: { operation: 'INSERT_BEFORE', value: filter },
    },
    {
      applyTo: 'VIRTUAL_HOST',
      match: { context: 'GATEWAY' },
      patch: { operation: 'MERGE', value: { rate_limits: limits } },
    },
  ];
  const networking = (kind: string, name: string, spec: object) => ({
    apiVersion: `networking.istio.io/${kind === 'EnvoyFilter' ? 'v1alpha3' : 'v1'}`,
    kind,
    metadata: { name, namespace: 'istio-system' },
    spec,
  });
  const endpoints = [{ address: '127.0.0.1', ports: { http: port } }];
  return [
    networking('Gateway', 'gw', { selector: { istio: 'ingressgateway' }, servers: [gateway(80), gateway(81)] }),
    networking('ServiceEntry', 'up', {
      hosts: [HOST],
      resolution: 'STATIC',
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      endpoints,
    }),
    networking('VirtualService', 'vs', {
      hosts: ['*'],
      gateways: ['gw'],
      http: [{ route: [{ destination: { host: HOST } }] }],
    }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'limits' }, data: { 'config.yaml': LIMITS } },
    networking('EnvoyFilter', 'limits', { configPatches }),
  ]
    .map((document) => stringify(document))
    .join('---\n');
}
