/** What goes to Cloudflare: wrangler accepts and bundles it without a network, and the bundle serves in the runtime. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { workerdConfig } from '../../cli/serve/capnp.ts';
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
    assert.ok(output.includes(`UPSTREAM_127_0_0_1_${port}`), output);
    await serveBundle(out, port);
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

/** Runs the bundle with the binding of its endpoint, as an account would. */
async function serveBundle(out: string, port: number): Promise<void> {
  const socket = { name: 'http', address: `unix:${join(out, 'http')}` };
  const config = join(out, 'worker.capnp');
  const externals = [{ name: `UPSTREAM_127_0_0_1_${port}`, address: `127.0.0.1:${port}` }];
  const modules = [{ name: 'main.js', kind: 'esModule' as const, file: 'main.js' }];
  writeFileSync(config, workerdConfig({ modules, json: [], externals, sockets: [socket] }));
  const worker = superviseWorkerd({ title: 'bundle', config, sockets: [socket], inherited: {} });
  try {
    await worker.ready;
    const { status, text } = await callSocket(join(out, 'http'), 'GET', '/cart?x=1');
    assert.deepEqual([status, text], [200, 'admin/cart?x=1']);
  } finally {
    await worker.stop();
  }
}

function configuration(port: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
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
