/** `bowsprit serve` from outside: its command line, its signals, its exit codes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { GATEWAY } from '../support/resources.ts';

const LAUNCHER = join(import.meta.dirname, '../../cli/bowsprit.mjs');
const folder = mkdtempSync(join(tmpdir(), 'serve-command-'));
const config = join(folder, 'config.yaml');
after(() => rmSync(folder, { recursive: true }));

/** A Gateway for every host whose only route answers `body`, and sends /up on to `port`. */
function configuration(body: string, port: number): string {
  return `${GATEWAY}apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: up }
spec:
  hosts: [up.example.com]
  resolution: DNS
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: localhost, ports: { http: ${port} } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs }
spec:
  hosts: ["*"]
  gateways: [gw]
  http:
  - match: [{ uri: { prefix: /up } }]
    route: [{ destination: { host: up.example.com } }]
  - directResponse: { status: 200, body: { string: ${body} } }
`;
}

function run(...args: string[]): { child: ChildProcess; ended: Promise<number | null>; errors: () => string } {
  const child = spawn('node', [LAUNCHER, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr?.on('data', (part) => {
    text += part;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, errors: () => text };
}

async function textOf(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return '';
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('it did not happen within 10 s');
}

describe('bowsprit serve', () => {
  const upstream = createServer((_request, response) => response.end('from upstream'));
  let served: ReturnType<typeof run>;
  let base = '';
  let admin = '';
  let upstreamPort = 0;

  before(async () => {
    upstream.listen(0, 'localhost');
    await new Promise((resolve) => upstream.once('listening', resolve));
    upstreamPort = (upstream.address() as AddressInfo).port;
    writeFileSync(config, configuration('one', upstreamPort));
    const [port, adminPort] = [await freePort(), await freePort()];
    base = `http://127.0.0.1:${port}`;
    admin = `http://127.0.0.1:${adminPort}`;
    served = run('serve', '-f', config, '--listen', `80=${port}`, '--admin', `127.0.0.1:${adminPort}`);
    await until(async () => (await textOf(`${admin}/ready`)) === 'ready\n');
  });
  after(() => {
    upstream.close();
    served.child.kill('SIGKILL');
  });

  it('serves what the file says once /ready answers', async () => assert.equal(await textOf(base), 'one'));

  it('resolves the names of endpoints', async () => assert.equal(await textOf(`${base}/up`), 'from upstream'));

  it('tells its health and metrics on the admin address', async () => {
    assert.equal(await textOf(`${admin}/healthz`), 'ok\n');
    assert.match(await textOf(`${admin}/stats/prometheus`), /^bowsprit_gateway_processes 1$/m);
    assert.equal((await fetch(`${admin}/else`)).status, 404);
  });

  it('serves a changed file', async () => {
    writeFileSync(config, configuration('two', upstreamPort));
    await until(async () => (await textOf(base)) === 'two');
  });

  it('keeps what it has when the changed file cannot be read', async () => {
    rmSync(config);
    served.child.kill('SIGHUP');
    await until(async () => served.errors().includes('the configuration before stays'));
    assert.equal(await textOf(base), 'two');
  });

  it('ends with 0 at SIGTERM', async () => {
    served.child.kill('SIGTERM');
    assert.equal(await served.ended, 0);
    assert.equal(await textOf(base), '');
  });
});

describe('a serve that ends by itself', () => {
  const own = join(folder, 'own.yaml');
  /** Begins, and gives its addresses. */
  const begin = async () => {
    writeFileSync(own, configuration('alone', 80));
    const [port, admin] = [await freePort(), await freePort()];
    const served = run('serve', '-f', own, '--listen', `80=${port}`, '--admin', `127.0.0.1:${admin}`);
    return { ...served, gateway: `http://127.0.0.1:${port}`, ready: `http://127.0.0.1:${admin}/ready` };
  };

  it('leaves no gateway process behind when it fails', async () => {
    const { child, gateway, ready } = await begin();
    await until(async () => (await textOf(ready)) === 'ready\n');
    // Nobody reads what it is about to say.
    child.stderr?.destroy();
    rmSync(own);
    child.kill('SIGHUP');
    await until(async () => child.exitCode !== null);
    assert.notEqual(child.exitCode, 0);
    await until(async () => (await textOf(gateway)) === '');
  });

  it('leaves none behind when it is told to end while it starts', async () => {
    const { child, gateway } = await begin();
    await until(async () => (await textOf(gateway)) === 'alone');
    child.kill('SIGHUP');
    child.kill('SIGTERM');
    await until(async () => child.exitCode !== null);
    await until(async () => (await textOf(gateway)) === '');
  });
});

describe('the command line of serve', () => {
  for (const [why, code, ...args] of [
    ['an unreadable file is 65', 65, 'serve', '-f', join(folder, 'absent.yaml'), '--admin', '127.0.0.1:0'],
    ['an unknown option is 64', 64, 'serve', '--no-such-option'],
    ['a bad port map is 64', 64, 'serve', '-f', config, '--listen', '80'],
    ['no configuration is 64', 64, 'serve'],
  ] as const) {
    it(why, async () => assert.equal(await run(...args).ended, code));
  }
});
