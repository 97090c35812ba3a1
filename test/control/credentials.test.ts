/** Certificates from Secrets of the API, seen by TLS clients: shown, rotated under load, and never lying about. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { freePort } from '../support/free-port.ts';
import { type Served, startServed } from './served.ts';

const NETWORKING = '/apis/networking.istio.io/v1/namespaces/default';
const SECRETS = '/api/v1/namespaces/istio-system/secrets';
let served: Served;
let client: ControlClient;
/** By SNI: ended by the parent process. For every host: ended by workerd. */
let ports: { sni: number; all: number };

interface Pair {
  cert: string;
  key: string;
}

async function pairOf(name: string): Promise<Pair> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: 'a.test' }] }];
  const options = { keyType: 'ec' as const, algorithm: 'sha256', extensions };
  const made = await generate([{ name: 'commonName', value: name }], options);
  return { cert: made.cert, key: made.private };
}

const secretOf = (name: string, { cert, key }: Pair) => ({
  metadata: { name },
  type: 'kubernetes.io/tls',
  stringData: { 'tls.crt': cert, 'tls.key': key },
});
const store = (name: string, pair: Pair) =>
  client.call(
    'PATCH',
    `${SECRETS}/${name}?fieldManager=t&force=true`,
    secretOf(name, pair),
    'application/apply-patch+yaml',
  );

before(async () => {
  ports = { sni: await freePort(), all: await freePort() };
  served = await startServed([], undefined, ['--listen', `443=${ports.sni}`, '--listen', `8443=${ports.all}`]);
  client = new ControlClient(connectionFrom(served.kubeconfig));
  const tls = { mode: 'SIMPLE', credentialName: 'shop' };
  const server = (number: number, hosts: string[], name: string) => ({
    port: { number, name, protocol: 'HTTPS' },
    hosts,
    tls,
  });
  const servers = [server(443, ['a.test'], 'a'), server(443, ['b.test'], 'b'), server(8443, ['*'], 'all')];
  await client.call('POST', `${NETWORKING}/gateways`, {
    metadata: { name: 'gw' },
    spec: { selector: { istio: 'ingressgateway' }, servers },
  });
  await client.call('POST', `${NETWORKING}/virtualservices`, {
    metadata: { name: 'a' },
    spec: { hosts: ['a.test'], gateways: ['gw'], http: [{ directResponse: { status: 201 } }] },
  });
});
after(() => served.stop());

/** The status, who answered (the certificate's name) and on which connection. */
function ask(port: number, agent: Agent | false = false): Promise<{ status: number; name: string; local: number }> {
  const options = {
    host: '127.0.0.1',
    port,
    servername: 'a.test',
    headers: { host: 'a.test' },
    agent,
    timeout: 10_000,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, rejectUnauthorized: false }, (answer) => {
      const socket = answer.socket as TLSSocket;
      const name = /CN=(.*)/.exec(socket.getPeerX509Certificate()?.subject ?? '')?.[1] ?? '';
      const local = socket.localPort ?? 0;
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, name, local })).resume();
      answer.on('close', () => reject(new Error('cut off')));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject).end();
  });
}

async function shows(port: number, name: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const seen = await ask(port).catch(() => undefined);
    if (seen?.name === name && seen.status === 201) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`the port does not show ${name}`);
}

test('a Secret of the gateway’s namespace is what a TLS client sees', async () => {
  await store('shop', await pairOf('first'));
  for (const port of Object.values(ports)) await shows(port, 'first');
});

test('a rotation shows on new connections, cuts none off and fails no request', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { local } = await ask(ports.sni, agent);
  let rotating = true;
  const answers: (string | number)[] = [];
  const load = async (port: number) => {
    while (rotating) answers.push(await ask(port).then(({ status }) => status, String));
  };
  const loads = [load(ports.sni), load(ports.all)];
  for (const name of ['second', 'third']) {
    await store('shop', await pairOf(name));
    for (const port of Object.values(ports)) await shows(port, name);
  }
  rotating = false;
  await Promise.all(loads);
  assert.deepEqual([...new Set(answers)], [201]);
  assert.equal((await ask(ports.sni, agent)).local, local, 'the connection from before is open');
  agent.destroy();
});

test('the same Secret applied again is no change; one that is no certificate is refused or leaves the one before', async () => {
  const pair = await pairOf('fourth');
  const first = (await store('shop', pair)).metadata as { resourceVersion: string };
  const again = (await store('shop', pair)).metadata as { resourceVersion: string };
  assert.equal(again.resourceVersion, first.resourceVersion);
  for (const port of Object.values(ports)) await shows(port, 'fourth');
  const half = { metadata: { name: 'half' }, type: 'kubernetes.io/tls', stringData: { 'tls.crt': pair.cert } };
  const refused = await client.ask('POST', SECRETS, half);
  assert.equal(refused.status, 422);
  assert.match(String(refused.body.message), /data\[tls\.key\]: Required value/);
  await store('shop', { cert: pair.cert, key: (await pairOf('another')).key });
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const port of Object.values(ports)) await shows(port, 'fourth');
  assert.match(served.log(), /the Secret shop cannot be used for TLS/);
});

test('a Gateway whose certificate is not there is told so, and one whose is, nothing', async () => {
  await store('shop', await pairOf('fifth'));
  const warnings = async (credentialName: string) => {
    const server = { port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['c.test'] };
    const spec = {
      selector: { istio: 'ingressgateway' },
      servers: [{ ...server, tls: { mode: 'SIMPLE', credentialName } }],
    };
    const answer = await client.ask('POST', `${NETWORKING}/gateways?dryRun=All`, { metadata: { name: 'other' }, spec });
    assert.equal(answer.status, 201);
    return answer.warnings.filter((warning) => warning.startsWith('IST0101'));
  };
  const where = 'IST0101 spec.servers[0].tls.credentialName: Referenced credentialName not found: "absent"';
  const [warning] = await warnings('absent');
  assert.ok(warning?.startsWith(where), warning);
  assert.deepEqual(await warnings('shop'), []);
});

test('the key is in no answer, no log and no file', async () => {
  const pair = await pairOf('canary');
  await store('shop', pair);
  for (const port of Object.values(ports)) await shows(port, 'canary');
  const paths = [`${SECRETS}/shop`, '/bowsprit/v1/snapshots/live', '/bowsprit/v1/audit', '/bowsprit/v1/findings'];
  const answers = await Promise.all(paths.map(async (path) => JSON.stringify(await client.call('GET', path))));
  const folders = new Set([served.data, ...served.children().flatMap(runFolder)]);
  const files = [...folders].flatMap(filesBelow).flatMap(textOf);
  assert.ok(files.length > 10);
  const lines = pair.key.split('\n').filter((line) => line.length > 40);
  for (const line of lines) {
    for (const text of [...answers, served.log(), ...files]) {
      assert.ok(!text.includes(line) && !text.includes(btoa(pair.key).slice(100, 140)), 'the key came out');
    }
  }
  assert.equal(new X509Certificate(pair.cert).subject, 'CN=canary');
});

/** Of a workerd of ours: where its configuration stands; nothing for one that is just ending. */
function runFolder(pid: number): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  const config = /\S+\.capnp/.exec(stdout)?.[0];
  return config ? [dirname(config)] : [];
}

function filesBelow(folder: string): string[] {
  const inside = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  return inside.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** Nothing of a file that has gone since: the folder of a process that has just ended. */
function textOf(file: string): string[] {
  try {
    return [readFileSync(file, 'latin1')];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
}
