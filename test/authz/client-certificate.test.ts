/** `bowsprit serve` with mutual TLS: policies see the identity in the client's certificate, and the name it asked for. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SecureContextOptions } from 'node:tls';
import { freePort } from '../support/free-port.ts';
import { stop } from '../support/stop.ts';

const folder = mkdtempSync(join(tmpdir(), 'client-certificate-'));
const file = (name: string) => join(folder, name);
let server: ChildProcess;
let port = 0;

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore', cwd: folder });
}

/** A certificate of our authority with one alternative name. */
function issue(name: string, alternativeName: string): void {
  writeFileSync(file(`${name}.ext`), `subjectAltName=${alternativeName}`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  openssl('req', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
  const ca = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1'];
  openssl('x509', '-req', '-in', `${name}.csr`, ...ca, '-extfile', `${name}.ext`, '-out', `${name}.crt`);
}

const CONFIG = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: [a.example.com, b.example.com]
    tls: {mode: MUTUAL, credentialName: server}
  - port: {number: 443, name: https-ui, protocol: HTTPS}
    hosts: [c.example.com]
    tls:
      mode: MUTUAL
      credentialName: server
      subjectAltNames: ["spiffe://cluster.local/ns/default/sa/ui"]
      cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs, namespace: default}
spec: {hosts: ["*.example.com"], gateways: [gw], http: [{directResponse: {status: 200, body: {string: in}}}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ap, namespace: istio-system}
spec:
  rules:
  - from: [{source: {principals: [cluster.local/ns/default/sa/ui]}}]
    to: [{operation: {paths: [/principal]}}]
  - from: [{source: {namespaces: [default]}}]
    to: [{operation: {paths: [/namespace]}}]
  - from: [{source: {notPrincipals: ["*"]}}]
    to: [{operation: {paths: [/nobody]}}]
  - when: [{key: connection.sni, values: [a.example.com]}]
    to: [{operation: {paths: [/sni]}}]
`;

before(async () => {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=ca',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  issue('server', 'DNS:a.example.com,DNS:b.example.com,DNS:c.example.com');
  issue('ui', 'URI:spiffe://cluster.local/ns/default/sa/ui');
  issue('other', 'URI:spiffe://cluster.local/ns/other/sa/ui');
  writeFileSync(file('server.ca.crt'), readFileSync(file('ca.crt')));
  writeFileSync(file('config.yaml'), CONFIG);
  port = await freePort();
  const admin = await freePort();
  const args = [
    '-f',
    file('config.yaml'),
    '--certs',
    folder,
    '--listen',
    `443=${port}`,
    '--admin',
    `127.0.0.1:${admin}`,
  ];
  server = spawn('node', ['cli/bowsprit.mjs', 'serve', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let attempt = 0; attempt < 150; attempt++) {
    const ready = await fetch(`http://127.0.0.1:${admin}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('serve did not get ready');
});
after(async () => {
  await stop(server);
  rmSync(folder, { recursive: true });
});

/** undefined: the connection was refused. */
function ask(
  path: string,
  client: string,
  servername = 'a.example.com',
  tls: SecureContextOptions = {},
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const credentials = { cert: readFileSync(file(`${client}.crt`)), key: readFileSync(file(`${client}.key`)) };
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername,
      ca: readFileSync(file('ca.crt')),
      agent: false as const,
    };
    request({ ...options, ...credentials, ...tls, headers: { host: servername } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', () => resolve(undefined))
      .end();
  });
}

test('principals and namespaces are those of the verified certificate', async () => {
  assert.deepEqual(await Promise.all([ask('/principal', 'ui'), ask('/principal', 'other')]), [200, 403]);
  assert.deepEqual(await Promise.all([ask('/namespace', 'ui'), ask('/namespace', 'other')]), [200, 403]);
  assert.equal(await ask('/nobody', 'ui'), 403);
});

test('connection.sni is the name that the client asked for', async () => {
  assert.equal(await ask('/sni', 'other'), 200);
  assert.equal(await ask('/sni', 'other', 'b.example.com'), 403);
});

test('a server may name the certificates that it takes', async () => {
  assert.equal(await ask('/principal', 'ui', 'c.example.com'), 200);
  assert.equal(await ask('/principal', 'other', 'c.example.com'), undefined);
});

test('a server may name the ciphers before TLS 1.3', async () => {
  const with12 = (ciphers: string) => ask('/principal', 'ui', 'c.example.com', { ciphers, maxVersion: 'TLSv1.2' });
  assert.equal(await with12('ECDHE-ECDSA-AES256-GCM-SHA384'), 200);
  assert.equal(await with12('ECDHE-ECDSA-AES128-GCM-SHA256'), undefined);
});
