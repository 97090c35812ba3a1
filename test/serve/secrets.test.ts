/** Secrets in the files of -f are the certificates that Gateways name, with the control API and without. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { generate } from 'selfsigned';
import { ask } from '../support/ask.ts';
import { freePort } from '../support/free-port.ts';

const folder = mkdtempSync(join(tmpdir(), 'serve-secrets-'));
after(() => rmSync(folder, { recursive: true }));
const config = join(folder, 'config.yaml');

/** A Gateway of one HTTPS server, and the Secret that it names. */
async function write(commonName: string): Promise<{ private: string }> {
  const pair = await generate([{ name: 'commonName', value: commonName }], { keyType: 'ec', algorithm: 'sha256' });
  const server = { port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['*'] };
  const objects = [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gw' },
      spec: {
        selector: { istio: 'ingressgateway' },
        servers: [{ ...server, tls: { mode: 'SIMPLE', credentialName: 'shop' } }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'shop', namespace: 'istio-system' },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': btoa(pair.cert), 'tls.key': btoa(pair.private) },
    },
  ];
  writeFileSync(config, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  return pair;
}

function shown(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', () => resolve(''));
  });
}

async function until(condition: () => Promise<boolean>, why: () => string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(why());
}

const isReady = (admin: number): Promise<boolean> =>
  ask({ port: admin, path: '/ready' }).then(
    ({ status }) => status === 200,
    () => false,
  );

for (const withApi of [false, true]) {
  test(`a Secret of a file is shown and rotated ${withApi ? 'under the API' : 'without the API'}, its key never told`, async () => {
    const { private: key } = await write('first');
    const [port, admin, api] = [await freePort(), await freePort(), await freePort()];
    const control = ['--control', `127.0.0.1:${api}`, '--kubeconfig', join(folder, 'kubeconfig')];
    const flags = [
      '-f',
      config,
      '--listen',
      `443=${port}`,
      '--admin',
      `127.0.0.1:${admin}`,
      ...(withApi ? control : []),
    ];
    const child = spawn('node', ['cli/bowsprit.mjs', 'serve', ...flags]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    try {
      await until(
        () => isReady(admin),
        () => output,
      );
      assert.equal(await shown(port), 'first');
      await write('second');
      await until(
        async () => (await shown(port)) === 'second',
        () => output,
      );
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    for (const secret of key.split('\n').filter((line) => line.length > 40)) assert.ok(!output.includes(secret));
  });
}
