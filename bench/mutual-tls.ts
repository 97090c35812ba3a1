/**
 * What mutual TLS to the upstream costs a request that is passed through: CPU of `serve` (all its processes) and of Envoy, each
 * against the same route in the clear, in alternation; and how many handshakes there were.
 * Run: node_modules/node/bin/node bench/mutual-tls.ts; needs `envoy` and `openssl`, takes about 15 s.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../test/mesh/certificates.ts';
import { httpListener, startEnvoy, staticCluster } from '../test/support/envoy.ts';
import { freePort } from '../test/support/free-port.ts';
import { GATEWAY, localEndpoint, routesOf, serviceEntry } from '../test/support/resources.ts';
import { startServe } from '../test/support/serve.ts';
import { compare, requestHead, type Subject } from './measure.ts';
import { table } from './table.ts';

interface Ports {
  plain: number;
  secure: number;
}

const NAME = 'up.example.com';
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const certificates = join(folder, 'certs');
const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];

async function startUpstream(authority: Authority): Promise<Ports> {
  const { certificate, key } = authority.issue(join(folder, 'server'), `DNS:${NAME}`);
  const script = join(import.meta.dirname, 'mutual-tls-upstream.ts');
  const child = spawn(process.execPath, [script, certificate, key, authority.certificate], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stops.unshift(() => child.kill());
  return JSON.parse(String(await new Promise((resolve) => child.stdout.once('data', resolve)))) as Ports;
}

const yaml = ({ plain, secure }: Ports) => `${GATEWAY}${routesOf([
  '  - {match: [{uri: {prefix: /plain}}], route: [{destination: {host: plain.example.com}}]}',
  '  - {route: [{destination: {host: secure.example.com}}]}',
])}${serviceEntry('plain', [localEndpoint(plain)])}
${serviceEntry('secure', [localEndpoint(secure)])}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: secure}
spec: {host: secure.example.com, trafficPolicy: {tls: {mode: MUTUAL, credentialName: client, sni: ${NAME}}}}
`;

async function startEdge(ports: Ports): Promise<Subject> {
  const { pid, port, stop } = await startServe(yaml(ports), '--certs', certificates);
  stops.unshift(stop);
  return { name: 'serve', pid, port, stop: async () => stop() };
}

async function startPeer({ plain, secure }: Ports, authority: Authority): Promise<Subject> {
  const typed_config = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    sni: NAME,
    common_tls_context: {
      tls_certificates: [
        {
          certificate_chain: { filename: join(certificates, 'client.crt') },
          private_key: { filename: join(certificates, 'client.key') },
        },
      ],
      validation_context: { trusted_ca: { filename: authority.certificate } },
    },
  };
  const tls = { transport_socket: { name: 'envoy.transport_sockets.tls', typed_config } };
  const port = await freePort();
  const routes = [
    { match: { prefix: '/plain' }, route: { cluster: 'plain' } },
    { match: { prefix: '/' }, route: { cluster: 'secure' } },
  ];
  const { pid, stop } = await startEnvoy({
    listeners: [httpListener(port, routes)],
    clusters: [staticCluster('plain', [{ port: plain }], {}), staticCluster('secure', [{ port: secure }], tls)],
  });
  stops.unshift(stop);
  return { name: 'Envoy', pid, port, stop: async () => stop() };
}

async function handshakes({ plain }: Ports): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${plain}/handshakes`)).text());
}

try {
  mkdirSync(certificates);
  const authority = new Authority(folder, 'ca');
  authority.issue(join(certificates, 'client'), 'URI:spiffe://bowsprit.example/edge');
  copyFileSync(authority.certificate, join(certificates, 'client.ca'));
  const ports = await startUpstream(authority);
  const rows: string[][] = [];
  for (const subject of [await startEdge(ports), await startPeer(ports, authority)]) {
    const before = await handshakes(ports);
    const head = (path: string) => requestHead('any.example.com', path, []);
    const { cost, over } = await compare(subject, head('/secure'), subject, head('/plain'));
    const made = (await handshakes(ports)) - before;
    rows.push([subject.name, (cost - over).toFixed(1), cost.toFixed(1), over.toFixed(1), String(made)]);
  }
  console.log(table(['CPU µs a request', 'in the clear', 'mutual TLS', 'added', 'handshakes'], rows));
} finally {
  for (const stop of stops) await stop();
}
