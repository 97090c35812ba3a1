/** What goes to Cloudflare: wrangler accepts and bundles it without a network, and the bundle serves in the runtime. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type WorkerConfig, workerdConfig } from '../../cli/serve/capnp.ts';
import { callSocket } from '../../cli/serve/unix-http.ts';
import { superviseWorkerd } from '../../cli/serve/workerd.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
after(() => rmSync(folder, { recursive: true }));

function run(command: string, ...args: string[]): { status: number | null; output: string } {
  const env = { ...process.env, CI: 'true', HOME: folder };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', env });
  return { status, output: stdout + stderr };
}

describe('deploy', { concurrency: 1 }, () => {
  const upstream = createServer((request, response) => response.end(`${request.headers.host}${request.url}`));
  after(() => upstream.close());

  it('wrangler deploy --dry-run bundles config/ from wrangler.toml', () => {
    const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
    const out = join(folder, 'toml');
    const { status, output } = run(process.execPath, wrangler, 'deploy', '--dry-run', '--outdir', out);
    assert.equal(status, 0, output);
    const size = gzipSync(readFileSync(join(out, 'main.js'))).length;
    assert.ok(size < 1024 * 1024, `${size} bytes, zipped`);
  });

  it('bowsprit deploy --dry-run bundles what -f says, and the bundle serves it', async () => {
    upstream.listen(0, '127.0.0.1');
    await new Promise((resolve) => upstream.once('listening', resolve));
    const { port } = upstream.address() as AddressInfo;
    writeFileSync(join(folder, 'shop.yaml'), configuration(port));
    const out = join(folder, 'own');
    const { status, output } = run(
      'node',
      'cli/bowsprit.mjs',
      'deploy',
      '--dry-run',
      '--outdir',
      out,
      '-f',
      join(folder, 'shop.yaml'),
    );
    assert.equal(status, 0, output);
    assert.match(output, new RegExp(`BSP0921.*UPSTREAM_127_0_0_1_${port} only`));
    await serveBundle(out, port);
  });

  it('what a MeshEntry needs stands in the wrangler.toml that is deployed, and the bundle signs its way into the tunnel', async () => {
    const secret = join(folder, 'key.jwk');
    const jwks = execFileSync('node', ['cli/bowsprit.mjs', 'mesh', '--new-key', secret], { encoding: 'utf8' }).trim();
    const file = join(folder, 'mesh.yaml');
    const without = meshConfiguration(jwks);
    writeFileSync(file, without);
    const check = run('node', 'cli/bowsprit.mjs', 'check', '-f', file, '--wrangler', join(ROOT, 'wrangler.toml'));
    assert.equal(check.status, 79, check.output);
    assert.match(check.output, /BSP0926.*UPSTREAM_entry_internal_8081/);

    writeFileSync(file, without.replace('transport: TUNNEL', 'transport: TUNNEL, vpcServiceId: vpc-1'));
    const out = join(folder, 'mesh');
    const dry = run(
      'node',
      'cli/bowsprit.mjs',
      'deploy',
      '--dry-run',
      '--outdir',
      out,
      '-f',
      file,
      '--snapshots',
      'abc',
    );
    assert.equal(dry.status, 0, dry.output);
    assert.match(dry.output, /env\.UPSTREAM_entry_internal_8081 \(vpc-1\)\s+VPC Service/);
    assert.match(dry.output, /env\.SNAPSHOTS \(abc\)\s+KV Namespace/);
    assert.match(
      readFileSync(join(ROOT, 'dist/deploy/wrangler.toml'), 'utf8'),
      /\[secrets\]\nrequired = \[ "ENTRY_KEY" \]/,
    );
    await throughTunnel(out, secret, JSON.parse(jwks));
  });

  it('deploys nothing when there are errors', () => {
    writeFileSync(join(folder, 'bad.yaml'), configuration(80).replace('prefix: /', 'regex: "(?<=a)b"'));
    const out = join(folder, 'bad');
    const { status, output } = run(
      'node',
      'cli/bowsprit.mjs',
      'deploy',
      '--dry-run',
      '--outdir',
      out,
      '-f',
      join(folder, 'bad.yaml'),
    );
    assert.equal(status, 79, output);
    assert.ok(!existsSync(out) || !statSync(out).isDirectory());
  });
});

/** Runs the bundle with the bindings of an account, `path` asked of it. */
async function served(out: string, bindings: Pick<WorkerConfig, 'externals' | 'texts'>, path: string) {
  const socket = { name: 'http', address: `unix:${join(out, 'http')}` };
  const config = join(out, 'worker.capnp');
  const modules = [{ name: 'main.js', kind: 'esModule' as const, file: 'main.js' }];
  writeFileSync(config, workerdConfig({ modules, json: [], ...bindings, sockets: [socket] }));
  const worker = superviseWorkerd({ title: 'bundle', config, sockets: [socket], inherited: {} });
  try {
    await worker.ready;
    return await callSocket(join(out, 'http'), 'GET', path);
  } finally {
    await worker.stop();
  }
}

async function serveBundle(out: string, port: number): Promise<void> {
  const externals = [{ name: `UPSTREAM_127_0_0_1_${port}`, address: `127.0.0.1:${port}` }];
  const { status, text } = await served(out, { externals }, '/cart?x=1');
  assert.deepEqual([status, text], [200, 'admin/cart?x=1']);
}

/** A server that says what came stands where the tunnel's end would be. */
async function throughTunnel(out: string, secret: string, jwks: JSONWebKeySet): Promise<void> {
  const tunnel = createServer((request, response) => response.end(JSON.stringify(request.headers)));
  await new Promise<void>((resolve) => tunnel.listen(0, '127.0.0.1', resolve));
  const { port } = tunnel.address() as AddressInfo;
  copyFileSync(secret, join(out, 'key.jwk'));
  const externals = [{ name: 'UPSTREAM_entry_internal_8081', address: `127.0.0.1:${port}` }];
  try {
    const { text } = await served(out, { externals, texts: [{ name: 'ENTRY_KEY', file: 'key.jwk' }] }, '/');
    const headers = JSON.parse(text) as Record<string, string>;
    assert.equal(headers.host, 'admin');
    assert.equal(headers['x-bowsprit-destination']?.split(';')[0], 'outbound|80||ui.default.svc.cluster.local');
    const audience = { issuer: 'bowsprit-edge', audience: 'bowsprit-entry', subject: 'edge' };
    await jwtVerify(headers['x-bowsprit-assertion'] ?? '', createLocalJWKSet(jwks), audience);
  } finally {
    tunnel.close();
  }
}

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
`;

function meshConfiguration(jwks: string): string {
  return `${GATEWAY}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ui }
spec:
  hosts: ["*"]
  gateways: [gw]
  http: [{ route: [{ destination: { host: ui, port: { number: 80 } } }] }]
---
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: { name: entry }
spec: { transport: TUNNEL, address: entry.internal, assertion: { jwks: '${jwks}' } }
`;
}

function configuration(port: number): string {
  return `${GATEWAY}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: shop }
spec:
  hosts: [shop.example.com]
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: ["*"]
  gateways: [gw]
  http: [{ match: [{ uri: { prefix: / } }], route: [{ destination: { host: shop.example.com } }] }]
`;
}
