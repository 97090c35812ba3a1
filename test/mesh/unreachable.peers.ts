/**
 * Upstreams that cannot be reached for what they are: no TLS session, the wrong certificate, a name without an address. What
 * `serve` and an Envoy answer, and how often each tries, from the same words.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { GATEWAY, localEndpoint, routesOf, serviceEntry } from '../support/resources.ts';
import { type Served, startServe } from '../support/serve.ts';
import { Authority } from './certificates.ts';
import { ask } from './endpoints.ts';

const NAME = 'up.example.com';
/** Clusters by name; all but the named ones speak TLS to `NAME`, `mutual` with a certificate. */
const SECURE = [
  'fine',
  'other-name',
  'stranger',
  'wants-certificate',
  'wants-certificate-12',
  'plain',
  'closes',
  'mutual',
];
const NAMED: Record<string, string[]> = {
  nowhere: ['nowhere.invalid'],
  'half-nowhere': ['nowhere.invalid', 'localhost'],
};

const folder = mkdtempSync(join(tmpdir(), 'bowsprit-unreachable-'));
const certificates = join(folder, 'certs');
const servers: net.Server[] = [];
const ports: Record<string, number> = {};
let connections: Record<string, number> = {};
let envoy: RunningEnvoy;
let envoyPort: number;
let edge: Served;

async function startServers(authority: Authority, stranger: Authority): Promise<void> {
  const own = pair(authority.issue(join(folder, 'own'), `DNS:${NAME}`));
  const clients = { ...own, requestCert: true, ca: readFileSync(authority.certificate) };
  const secure = (options: tls.TlsOptions) => tls.createServer(options, answer).on('tlsClientError', () => {});
  const all: Record<string, net.Server> = {
    fine: secure(own),
    'other-name': secure(pair(authority.issue(join(folder, 'other'), 'DNS:else.example.com'))),
    stranger: secure(pair(stranger.issue(join(folder, 'stranger'), `DNS:${NAME}`))),
    'wants-certificate': secure(clients),
    'wants-certificate-12': secure({ ...clients, maxVersion: 'TLSv1.2' }),
    mutual: secure(clients),
    plain: net.createServer(answer),
    closes: net.createServer((socket) => socket.on('error', () => {}).destroy()),
  };
  for (const [name, server] of Object.entries(all)) {
    servers.push(server);
    server.on('connection', () => {
      connections[name] = (connections[name] ?? 0) + 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports[name] = (server.address() as net.AddressInfo).port;
  }
}

const pair = ({ certificate, key }: { certificate: string; key: string }) => ({
  cert: readFileSync(certificate),
  key: readFileSync(key),
});

function answer(socket: net.Socket): void {
  socket.on('error', () => {});
  socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfine'));
}

const theirRoute = (name: string) => ({
  match: { prefix: `/${name}/` },
  route: { cluster: name, retry_policy: { retry_on: 'connect-failure', num_retries: 2 } },
});

function theirTls(name: string, { certificate }: Authority): Record<string, unknown> {
  const shown = {
    certificate_chain: { filename: join(certificates, 'client.crt') },
    private_key: { filename: join(certificates, 'client.key') },
  };
  const validation = {
    trusted_ca: { filename: certificate },
    match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: NAME } }],
  };
  const typed_config = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    sni: NAME,
    common_tls_context: { ...(name === 'mutual' && { tls_certificates: [shown] }), validation_context: validation },
  };
  return { transport_socket: { name: 'envoy.transport_sockets.tls', typed_config } };
}

function theirNames(name: string, addresses: string[]): unknown {
  const lb_endpoints = addresses.map((address) => ({
    endpoint: { address: { socket_address: { address, port_value: ports.plain } } },
  }));
  const load_assignment = { cluster_name: name, endpoints: [{ lb_endpoints }] };
  return { name, type: 'STRICT_DNS', dns_lookup_family: 'V4_ONLY', connect_timeout: '1s', load_assignment };
}

const route = (name: string) => `  - match: [{uri: {prefix: /${name}/}}]
    retries: {attempts: 2, retryOn: connect-failure, backoff: 1ms}
    route: [{destination: {host: ${name}.example.com}}]`;

const rule = (name: string) => `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}}
spec:
  host: ${name}.example.com
  trafficPolicy:
    tls: {mode: ${name === 'mutual' ? 'MUTUAL' : 'SIMPLE'}, credentialName: ${name === 'mutual' ? 'client' : 'simple'}, sni: ${NAME}, subjectAltNames: [${NAME}]}`;

const yaml =
  () => `${GATEWAY}${routesOf([...SECURE, ...Object.keys(NAMED)].map(route))}${SECURE.map((name) => `${serviceEntry(name, [localEndpoint(ports[name]!)])}\n${rule(name)}`).join('\n')}
${Object.entries(NAMED)
  .map(([name, addresses]) =>
    serviceEntry(
      name,
      addresses.map((address) => `{address: ${address}, ports: {http: ${ports.plain}}}`),
      'DNS',
    ),
  )
  .join('\n')}
`;

before(async () => {
  mkdirSync(certificates);
  const authority = new Authority(folder, 'ca');
  await startServers(authority, new Authority(folder, 'stranger-ca'));
  authority.issue(join(certificates, 'client'), 'URI:spiffe://bowsprit.example/edge');
  for (const name of ['client', 'simple']) copyFileSync(authority.certificate, join(certificates, `${name}.ca`));
  envoyPort = await freePort();
  envoy = await startEnvoy({
    listeners: [httpListener(envoyPort, [...SECURE, ...Object.keys(NAMED)].map(theirRoute))],
    clusters: [
      ...SECURE.map((name) => staticCluster(name, [{ port: ports[name]! }], theirTls(name, authority))),
      ...Object.entries(NAMED).map(([name, addresses]) => theirNames(name, addresses)),
    ],
  });
  // What the handshakes failed of goes to its standard error, which is expected here.
  edge = await startServe(yaml(), '--certs', certificates);
});

after(() => {
  edge?.stop();
  envoy?.stop();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function outcome(port: number, name: string): Promise<unknown> {
  connections = {};
  const { status, body } = await ask(port, `/${name}/`);
  return { status, body, connections };
}

for (const name of [...SECURE, ...Object.keys(NAMED)])
  test(name, async () => {
    for (let i = 0; i < 2; i++) assert.deepEqual(await outcome(edge.port, name), await outcome(envoyPort, name));
  });
