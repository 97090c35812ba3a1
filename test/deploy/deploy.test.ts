/** What goes to Cloudflare: wrangler accepts and bundles it without a network, and the bundle serves in the runtime. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { GATEWAY, localEndpoint, serviceEntry } from '../support/resources.ts';
import { type Ran, ROOT, run, sentThrough, served } from './bundle.ts';

const BOWSPRIT = 'cli/bowsprit.mjs';
const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
after(() => rmSync(folder, { recursive: true }));

const dryRun = (out: string, ...args: string[]): Ran =>
  run(folder, 'node', BOWSPRIT, 'deploy', '--dry-run', '--outdir', out, ...args);
const generated = (): string => readFileSync(join(ROOT, 'dist/deploy/wrangler.toml'), 'utf8');

describe('deploy', { concurrency: 1 }, () => {
  const upstream = createServer((request, response) => response.end(`${request.headers.host}${request.url}`));
  after(() => upstream.close());

  it('wrangler deploy --dry-run bundles config/ from wrangler.toml', () => {
    const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
    const out = join(folder, 'toml');
    const { status, output } = run(folder, process.execPath, wrangler, 'deploy', '--dry-run', '--outdir', out);
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
    const { status, output } = dryRun(out, '-f', join(folder, 'shop.yaml'));
    assert.equal(status, 0, output);
    assert.match(output, new RegExp(`BSP0921.*UPSTREAM_127_0_0_1_${port} only`));
    const externals = [{ name: `UPSTREAM_127_0_0_1_${port}`, address: `127.0.0.1:${port}` }];
    const answer = await served(out, { externals }, '/cart?x=1');
    assert.deepEqual([answer.status, answer.text], [200, 'admin/cart?x=1']);
  });

  it('what a tunnel to the mesh entry needs stands in the wrangler.toml that is deployed, and the bundle signs its way', async () => {
    const secret = join(folder, 'key.jwk');
    const jwks = execFileSync('node', [BOWSPRIT, 'mesh', '--new-key', secret], { encoding: 'utf8' }).trim();
    const file = join(folder, 'tunnel.yaml');
    const spec = (more: string) => `transport: TUNNEL, address: entry.internal, assertion: { jwks: '${jwks}' }${more}`;
    writeFileSync(file, behindEntry(spec('')));
    const check = run(folder, 'node', BOWSPRIT, 'check', '-f', file, '--wrangler', join(ROOT, 'wrangler.toml'));
    assert.equal(check.status, 79, check.output);
    assert.match(check.output, /BSP0926.*UPSTREAM_entry_internal_8081/);

    writeFileSync(file, behindEntry(spec(', vpcServiceId: vpc-1')));
    const out = join(folder, 'tunnel');
    const { status, output } = dryRun(out, '-f', file, '--snapshots', 'abc');
    assert.equal(status, 0, output);
    assert.match(output, /env\.UPSTREAM_entry_internal_8081 \(vpc-1\)\s+VPC Service/);
    assert.match(output, /env\.SNAPSHOTS \(abc\)\s+KV Namespace/);
    assert.match(generated(), /\[secrets\]\nrequired = \[ "ENTRY_KEY" \]/);
    copyFileSync(secret, join(out, 'key.jwk'));
    const texts = [{ name: 'ENTRY_KEY', file: 'key.jwk' }];
    const headers = await sentThrough('UPSTREAM_entry_internal_8081', out, texts);
    assert.equal(headers.host, 'admin');
    assert.match(String(headers['x-bowsprit-destination']), /^outbound\|80\|\|ui\.default\.svc\.cluster\.local;p-/);
    const word = { issuer: 'bowsprit-edge', audience: 'bowsprit-entry', subject: 'edge' };
    await jwtVerify(String(headers['x-bowsprit-assertion']), createLocalJWKSet(JSON.parse(jwks)), word);
  });

  it('over the internet the entry is reached with the certificate, and the Host goes along', async () => {
    const file = join(folder, 'certificate.yaml');
    writeFileSync(file, behindEntry('address: entry.example.com, mtlsCertificateId: c-1'));
    const out = join(folder, 'certificate');
    const { status, output } = dryRun(out, '-f', file);
    assert.equal(status, 0, output);
    assert.match(output, /env\.CERTIFICATE_entry_example_com_443_mesh \(c-1\)\s+mTLS Certificate/);
    const headers = await sentThrough('CERTIFICATE_entry_example_com_443_mesh', out);
    assert.deepEqual([headers.host, headers['x-bowsprit-authority']], ['entry.example.com', 'admin']);
  });

  it('deploys nothing when there are errors', () => {
    writeFileSync(join(folder, 'bad.yaml'), configuration(80).replace('prefix: /', 'regex: "(?<=a)b"'));
    const out = join(folder, 'bad');
    const { status, output } = dryRun(out, '-f', join(folder, 'bad.yaml'));
    assert.equal(status, 79, output);
    assert.ok(!existsSync(out) || !statSync(out).isDirectory());
  });
});

/** A route to a service that nobody has named here, and the entry that reaches it. */
const behindEntry = (spec: string): string => `${GATEWAY}apiVersion: networking.istio.io/v1
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
spec: { ${spec} }
`;

function configuration(port: number): string {
  return `${GATEWAY}${serviceEntry('shop', [localEndpoint(port)])}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: ["*"]
  gateways: [gw]
  http: [{ match: [{ uri: { prefix: / } }], route: [{ destination: { host: shop.example.com } }] }]
`;
}
