/**
 * Callouts go to the hosts that the configuration names, whoever would like them elsewhere: an issuer or an authoriser that
 * redirects, an issuer whose document names a host of a private network, a filter that makes up a target.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { compileFilter } from '../../sdk/build/compile.ts';
import { gatewayOn, resource, type ServedFilters, serveFilters } from '../filters/served.ts';
import type { Answered } from '../support/ask.ts';
import { get } from '../support/client.ts';

const PORT = 8101;
const SELECTOR = { matchLabels: { istio: 'ingressgateway' } };
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
/** Good keys lie in the trap too: whoever goes there would let the token pass. */
const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] });

interface Server {
  port: number;
  hits: string[];
  stop(): void;
}

async function listening(answer: (request: http.IncomingMessage, response: http.ServerResponse) => void) {
  const hits: string[] = [];
  const server = http.createServer((request, response) => {
    hits.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, hits, stop: () => void server.close().closeAllConnections() };
}

let trap: Server;
let named: Server;
let served: ServedFilters;

/** The issuer, the authoriser and the filter's target in one: it does what its path says, and most of it leads to the trap. */
function lure({ url = '', headers }: http.IncomingMessage, response: http.ServerResponse): void {
  const elsewhere = `http://localhost:${trap.port}/keys`;
  const host = `http://${headers.host}`;
  if (url === '/redirect' || url.startsWith('/checked') || url === '/called')
    return void response.writeHead(302, { location: elsewhere }).end();
  if (url === '/relative') return void response.writeHead(302, { location: '/keys' }).end();
  const [, kind = ''] = /^\/(\w+)\/\.well-known\/openid-configuration$/.exec(url) ?? [];
  const uris: Record<string, string> = {
    own: `${host}/keys`,
    name: elsewhere,
    literal: `http://127.0.0.1:${trap.port}/keys`,
    mapped: `http://[::ffff:127.0.0.1]:${trap.port}/keys`,
    hop: `${host}/redirect`,
  };
  response.end(uris[kind] === undefined ? keys : JSON.stringify({ jwks_uri: uris[kind] }));
}

const KINDS = ['own', 'name', 'literal', 'mapped', 'hop'];
/** By another name than the trap has in its document. */
const issuer = (kind: string) =>
  `http://${kind === 'literal' || kind === 'mapped' ? 'localhost' : '127.0.0.1'}:${named.port}/${kind}`;

function resources(folder: string, wasm: Uint8Array): object[] {
  writeFileSync(join(folder, 'caller.wasm'), wasm);
  const byUri = ['redirect', 'relative'].map((path) => ({ issuer: path, jwksUri: issuer(path) }));
  const ports = [{ number: 80, name: 'http', protocol: 'HTTP' }];
  const endpoints = [{ address: '127.0.0.1', ports: { http: named.port } }];
  return [
    ...gatewayOn([PORT]),
    resource('networking.istio.io/v1', 'ServiceEntry', 'auth', {
      hosts: ['auth.example'],
      resolution: 'STATIC',
      ports,
      endpoints,
    }),
    resource('security.istio.io/v1', 'RequestAuthentication', 'issuers', {
      selector: SELECTOR,
      jwtRules: [...byUri, ...KINDS.map((kind) => ({ issuer: issuer(kind) }))],
    }),
    resource('security.istio.io/v1', 'AuthorizationPolicy', 'asked', {
      selector: SELECTOR,
      action: 'CUSTOM',
      provider: { name: 'asked' },
      rules: [{ to: [{ operation: { paths: ['/asked*'] } }] }],
    }),
    resource('extensions.istio.io/v1alpha1', 'WasmPlugin', 'caller', {
      selector: SELECTOR,
      url: `file://${join(folder, 'caller.wasm')}`,
    }),
  ];
}

const authoriser = { service: 'auth.example', port: 80, pathPrefix: '/checked' };
const meshConfig = { extensionProviders: [{ name: 'asked', envoyExtAuthzHttp: authoriser }] };

before(async () => {
  trap = await listening((_, response) => response.end(keys));
  named = await listening(lure);
  const { wasm } = await compileFilter(join(import.meta.dirname, 'callout/assembly/index.ts'));
  served = await serveFilters([PORT], (folder) => resources(folder, wasm), { meshConfig });
});
after(async () => {
  await served?.stop();
  for (const server of [trap, named]) server?.stop();
});
beforeEach(() => {
  trap.hits.length = 0;
  named.hits.length = 0;
});

const ask = (headers: Record<string, string>, path = '/'): Promise<Answered> =>
  get(served.port(PORT), path, { headers });

/** The status of a request with a good token of this issuer. */
async function withToken(iss: string): Promise<number> {
  const token = await new SignJWT().setProtectedHeader({ alg: 'ES256' }).setIssuer(iss).sign(privateKey);
  return (await ask({ authorization: `Bearer ${token}` })).status;
}

test('keys on the host that is named are found, so that the refusals below mean something', async () => {
  assert.equal(await withToken(issuer('own')), 200);
  assert.equal(await withToken('relative'), 200);
});

test('an issuer that redirects to another host is not followed', async () => {
  assert.equal(await withToken('redirect'), 401);
  assert.equal(await withToken(issuer('hop')), 401);
  assert.deepEqual(trap.hits, []);
  assert.ok(named.hits.includes('/redirect'));
});

for (const kind of ['name', 'literal', 'mapped']) {
  test(`an issuer whose document names a host of a private network (${kind}) does not lead there`, async () => {
    assert.equal(await withToken(issuer(kind)), 401);
    assert.deepEqual(trap.hits, []);
    assert.equal(named.hits.length, 1);
  });
}

test('an authoriser that redirects sends the client, not the gateway', async () => {
  const { status, headers } = await ask({}, '/asked/a');
  assert.deepEqual([status, headers.location], [302, `http://localhost:${trap.port}/keys`]);
  assert.deepEqual(named.hits, ['/checked/asked/a']);
  assert.deepEqual(trap.hits, []);
});

test('a filter reaches clusters of the configuration and nothing else', async () => {
  const own = 'outbound|80||auth.example';
  const call = async (cluster: string, authority = 'auth.example') => {
    const { status, body } = await ask({ 'x-call-cluster': cluster, 'x-call-authority': authority });
    return [status, body];
  };
  const made = [
    `outbound|${trap.port}||localhost`,
    `outbound|80||127.0.0.1`,
    `localhost:${trap.port}`,
    `http://127.0.0.1:${trap.port}/`,
    `127.0.0.1:${named.port}`,
    'INTERNET',
    'SNAPSHOT',
    '__proto__',
    'constructor',
    `${own}|`,
  ];
  for (const cluster of made) assert.deepEqual(await call(cluster), [418, 'status 2'], cluster);
  assert.deepEqual(named.hits, []);
  for (const authority of [`localhost:${trap.port}`, `127.0.0.1:${trap.port}`, `a@localhost:${trap.port}`]) {
    const [, text] = await call(own, authority);
    assert.match(String(text), /^answered (302|503)$/, authority);
  }
  assert.ok(named.hits.length > 0);
  assert.deepEqual(trap.hits, []);
});
