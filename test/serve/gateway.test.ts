import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps, request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generate } from 'selfsigned';
import { Gateway } from '../../cli/serve/gateway.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, listenerOf, snapshotOf } from './snapshots.ts';

const ANY_PORT = { get: () => 0 } as unknown as ReadonlyMap<number, number>;
const TLS = { mode: 'SIMPLE' as const, credentialName: 'test' };

interface Shown {
  props: { port: number; server?: string };
  clientIp: string;
  snapshot: string;
  tlsClientAuth?: { certVerified: string; pem: string };
}

/** PEM texts, as Node's TLS clients take them. */
interface ClientCertificate {
  key: string;
  cert: string;
}

async function certificateOf(name: string): Promise<ClientCertificate> {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' });
  return { key: made.private, cert: made.cert };
}

function collect(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.on('data', (part) => {
      text += part;
    });
    response.on('end', () => resolve(text)).on('error', reject);
  });
}

/** GET on a fresh connection, so that the answer comes from whoever accepts now. */
function ask(port: number, path = '/', servername?: string, certificate?: ClientCertificate): Promise<Shown> {
  const options = { host: '127.0.0.1', port, path, agent: false, localAddress: '127.0.0.9' };
  return new Promise((resolve, reject) => {
    const done = (response: IncomingMessage): void =>
      void collect(response).then((text) => resolve(JSON.parse(text)), reject);
    const sent =
      servername === undefined
        ? getHttp(options, done)
        : getHttps({ ...options, ...certificate, servername, rejectUnauthorized: false }, done);
    sent.on('error', reject);
  });
}

describe('Gateway', () => {
  const certificates = mkdtempSync(join(tmpdir(), 'gateway-test-'));
  const entry = 'test/serve/tiny-worker.ts';
  const gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 2, entry, certificates, silentMs: 3000 });
  let ada: ClientCertificate;
  before(async () => {
    ada = await certificateOf('ada');
    // A certificate that is its own authority.
    writeFileSync(join(certificates, 'mutual.ca.crt'), ada.cert);
  });
  after(() => rmSync(certificates, { recursive: true }));
  after(() => gateway.stop());
  const local = (port: number): number => gateway.localPorts().get(port) ?? assert.fail(`nothing listens for ${port}`);

  it('replaces a process that does not answer any more, while the others serve', { timeout: 30_000 }, async () => {
    await gateway.roll(snapshotOf('one', [listenerOf(80, [{}])]));
    const lost = ask(local(80), '/loop');
    await assert.rejects(lost, /ECONNRESET|socket hang up/);
    assert.equal(gateway.replaced, 1);
    // Whoever accepts: the other process, or the new one.
    for (let i = 0; i < 20; i++) assert.equal((await ask(local(80))).snapshot, 'one');
  });

  it('tells the Worker the Gateway port and the client, on plain and on TLS sockets', async () => {
    await gateway.roll(snapshotOf('one', [listenerOf(80, [{}]), listenerOf(443, [{ name: 'all', tls: TLS }])]));
    const plain = await ask(local(80));
    assert.deepEqual(plain.props, { port: 80 });
    assert.match(plain.clientIp, /^127\.0\.0\.9:\d+$/);
    const secure = await ask(local(443), '/', 'any.example.com');
    assert.deepEqual(secure.props, { port: 443, server: 'all' });
  });

  it('chooses a TLS server by SNI and closes connections that mean none', async () => {
    const servers = [
      { name: 'a', hosts: ['a.example.com'], tls: TLS },
      { name: 'b', hosts: ['*.b.example.com'], tls: TLS },
    ];
    await gateway.roll(snapshotOf('sni', [listenerOf(80, [{}]), listenerOf(8443, servers)]));
    const first = await ask(local(8443), '/', 'a.example.com');
    assert.deepEqual([first.props, first.clientIp.split(':')[0]], [{ port: 8443, server: 'a' }, '127.0.0.9']);
    assert.equal((await ask(local(8443), '/', 'x.b.example.com')).props.server, 'b');
    await assert.rejects(ask(local(8443), '/', 'c.example.com'));
    await assert.rejects(ask(local(8443), '/', ''));
  });

  it('asks for client certificates where the server does, and tells the Worker whose it was', async () => {
    const mutual = { ...TLS, mode: 'MUTUAL' as const, credentialName: 'mutual' };
    const servers = [
      { name: 'mutual', hosts: ['m.example.com'], tls: mutual },
      { name: 'simple', hosts: ['s.example.com'], tls: TLS },
    ];
    await gateway.roll(snapshotOf('mutual', [listenerOf(80, [{}]), listenerOf(8443, servers)]));
    const port = local(8443);
    await assert.rejects(ask(port, '/', 'm.example.com'));
    await assert.rejects(ask(port, '/', 'm.example.com', await certificateOf('mallory')));
    const known = await ask(port, '/', 'm.example.com', ada);
    assert.deepEqual([known.props.server, known.tlsClientAuth?.certVerified], ['mutual', 'SUCCESS']);
    assert.equal(known.tlsClientAuth?.pem.trim(), ada.cert.trim());
    assert.equal((await ask(port, '/', 's.example.com', await certificateOf('mallory'))).tlsClientAuth, undefined);
  });

  it('passes WebSockets and streamed bodies through the TLS front', async () => {
    const port = local(8443);
    assert.equal(await echoOverWebSocket(port, 's.example.com', 'ahoy'), 'ahoy');
    const text = 'x'.repeat(300_000);
    const options = {
      host: '127.0.0.1',
      port,
      path: '/body',
      method: 'POST',
      servername: 's.example.com',
      agent: false,
    };
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = requestHttps({ ...options, rejectUnauthorized: false }, (response) => resolve(collect(response)));
      sent.on('error', reject);
      for (let i = 0; i < 3; i++) sent.write(text);
      sent.end();
    });
    assert.equal(answer.length, 3 * text.length);
  });

  it('closes the sockets of ports that are gone', () => {
    assert.deepEqual([...gateway.localPorts().keys()], [80, 8443]);
  });

  it('opens a port again that was gone a moment ago', async () => {
    const fixed = new Map([[80, await freePort()]]);
    const other = new Gateway({ bind: '127.0.0.1', ports: fixed, workers: 1, entry });
    try {
      for (const listeners of [[listenerOf(80, [{}])], [], [listenerOf(80, [{}])]])
        await other.roll(snapshotOf(`with ${listeners.length}`, listeners));
      assert.equal((await ask(fixed.get(80)!)).snapshot, 'with 1');
    } finally {
      await other.stop();
    }
  });

  it('answers what the generation before has accepted, and everything new from the next one', async () => {
    await gateway.roll(snapshotOf('before', [listenerOf(80, [{}])]));
    await gateway.drained();
    const port = local(80);
    const slow = ask(port, '/slow?ms=500');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await gateway.roll(snapshotOf('after', [listenerOf(80, [{ name: 'another' }])]));
    assert.equal((await slow).snapshot, 'before');
    await gateway.drained();
    assert.equal((await ask(port)).snapshot, 'after');
  });

  it('hands a Snapshot that needs no other sockets or upstreams to the running processes, dropping no request', async () => {
    await gateway.roll(snapshotOf('r0', [listenerOf(80, [{}])]));
    const port = local(80);
    await gateway.drained();
    const processes = children();
    let rolling = true;
    const answers: string[] = [];
    const load = async (): Promise<void> => {
      while (rolling) answers.push((await ask(port)).snapshot);
    };
    const loads = [load(), load(), load()];
    for (let i = 1; i <= 20; i++) await gateway.roll(snapshotOf(`r${i}`, [listenerOf(80, [{}])]));
    rolling = false;
    await Promise.all(loads);
    assert.ok(answers.length > 20, `${answers.length} answers`);
    assert.equal((await ask(port)).snapshot, 'r20');
    assert.deepEqual(children(), processes);
  });

  it('replaces its processes under load without cutting a connection off: plain, TLS, by SNI, and between the two', async () => {
    const all = [{ name: 'all', tls: TLS }];
    const names = ['a', 'b'].map((name) => ({ name, hosts: [`${name}.example.com`], tls: TLS }));
    const next = (i: number) => ({
      ...snapshotOf(`n${i}`, [listenerOf(80, [{}]), listenerOf(443, all), listenerOf(8443, i % 2 ? names : all)]),
      clusters: { up: clusterOf('up', '127.0.0.1', 1000 + i) },
    });
    await gateway.roll(next(0));
    let rolling = true;
    const seen: string[] = [];
    const load = async (port: number, name?: string): Promise<void> => {
      while (rolling) seen.push(await ask(local(port), '/', name).then(({ snapshot }) => snapshot, String));
    };
    const loads = [load(80), load(80), load(443, 'a.example.com'), load(8443, 'a.example.com')];
    for (let i = 1; i <= 4; i++) await gateway.roll(next(i));
    rolling = false;
    await Promise.all(loads);
    const failed = seen.filter((snapshot) => !/^n\d$/.test(snapshot));
    assert.deepEqual(failed, []);
    assert.ok(seen.includes('n3'), `${seen.length} answers`);
    await gateway.roll(snapshotOf('r20', [listenerOf(80, [{}])]));
    await gateway.drained();
  });

  it('starts a process again that died', async () => {
    const before = children();
    process.kill(before[0]!, 'SIGKILL');
    await until(() => children().length === 2 && !children().includes(before[0]!));
    assert.equal((await ask(local(80))).snapshot, 'r20');
  });

  it('gives the Worker the state process when the Snapshot has global limits', async () => {
    const limit = { phase: 'router' as const, config: { kind: 'ratelimit' } as never };
    await gateway.roll(snapshotOf('limits', [listenerOf(80, [{}], [limit])]));
    await gateway.drained();
    assert.deepEqual(await ask(local(80), '/state'), []);
  });
});

describe('names of endpoints', () => {
  let address = '127.0.0.3';
  const lookUp = async (name: string): Promise<string[]> => {
    if (name !== 'up.example.com' || address === '') throw new Error('no such name');
    return ['127.0.0.9', address];
  };
  const gateway = new Gateway({
    bind: '127.0.0.1',
    ports: ANY_PORT,
    workers: 1,
    entry: 'test/serve/tiny-worker.ts',
    lookUp,
    dnsRefreshMs: 50,
  });
  const upstreams = ['127.0.0.2', '127.0.0.3'].map((host) => ({
    host,
    server: createServer((_, answer) => answer.end(`"${host}"`)),
  }));
  after(async () => {
    await gateway.stop();
    for (const { server } of upstreams) server.close();
  });

  it('are looked up again; a failure later changes nothing', async () => {
    let port = 0;
    for (const { host, server } of upstreams) {
      server.listen(port, host);
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    }
    const snapshot = snapshotOf('names', [listenerOf(80, [{}])]);
    snapshot.clusters.up = clusterOf('up', 'up.example.com', port);
    snapshot.clusters.none = clusterOf('none', 'none.example.com', port);
    await gateway.roll(snapshot);
    const asked = async (): Promise<unknown> =>
      ask(gateway.localPorts().get(80) ?? 0, `/up?endpoint=up.example.com:${port}`).catch(() => undefined);
    assert.equal(await asked(), '127.0.0.3');
    address = '127.0.0.2';
    for (let i = 0; i < 100 && (await asked()) !== '127.0.0.2'; i++) await new Promise((done) => setTimeout(done, 50));
    await gateway.drained();
    address = '';
    await new Promise((done) => setTimeout(done, 300));
    assert.equal(await asked(), '127.0.0.2');
  });
});

describe('several machines', () => {
  const certificates = mkdtempSync(join(tmpdir(), 'gateway-state-'));
  const options = { bind: '127.0.0.1', ports: ANY_PORT, workers: 1, entry: 'test/serve/tiny-worker.ts' };
  const limited = snapshotOf('limited', [
    listenerOf(80, [{}], [{ phase: 'router', config: { kind: 'ratelimit' } as never }]),
  ]);
  let gateways: Gateway[] = [];
  after(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    rmSync(certificates, { recursive: true });
  });

  it('share one state process over mutual TLS', async () => {
    const names = [{ type: 2 as const, value: 'bowsprit-state' }];
    const extensions = [{ name: 'subjectAltName' as const, altNames: names }];
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'state' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions,
    });
    const files = { 'state.crt': cert, 'state.key': key, 'state.ca.crt': cert };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(certificates, name), text);
    const address = `0.0.0.0:${await freePort()}`;
    const one = new Gateway({ ...options, certificates, stateListen: address });
    const two = new Gateway({ ...options, certificates, state: address });
    gateways = [one, two];
    await one.roll(limited);
    await two.roll(limited);
    for (const gateway of gateways) assert.deepEqual(await ask(gateway.localPorts().get(80) ?? 0, '/state'), []);
    // Who shows no certificate is not spoken to.
    await assert.rejects(
      new Promise((resolve, reject) =>
        getHttps(`https://127.0.0.1:${address.split(':')[1]}/`, { rejectUnauthorized: false }, resolve).on(
          'error',
          reject,
        ),
      ),
    );
  });

  it('do not share it without certificates', async () => {
    const lonely = new Gateway({ ...options, state: '192.0.2.1:9' });
    await assert.rejects(lonely.roll(limited), { exitCode: 65 });
    await lonely.stop();
  });
});

describe('local ports', () => {
  it('are refused when two Gateway ports fall on one', async () => {
    const gateway = new Gateway({
      bind: '127.0.0.1',
      ports: new Map(),
      workers: 1,
      entry: 'test/serve/tiny-worker.ts',
    });
    const snapshot = snapshotOf('double', [listenerOf(80, [{}]), listenerOf(8080, [{}])]);
    await assert.rejects(gateway.roll(snapshot), /80 and 8080 both listen on 8080; .*--listen 80=PORT/);
    await gateway.stop();
  });
});

/** Sends one short masked text frame and gives the text of the frame that comes back. */
function echoOverWebSocket(port: number, servername: string, text: string): Promise<string> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const options = { host: '127.0.0.1', port, path: '/socket', servername, agent: false, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const sent = getHttps({ ...options, headers });
    sent.on('error', reject);
    sent.on('response', ({ statusCode }) => reject(new Error(`status ${statusCode}`)));
    sent.on('upgrade', (_response, socket) => {
      socket.on('data', (frame: Buffer) => {
        resolve(frame.subarray(2).toString());
        socket.destroy();
      });
      // A mask of zeros leaves the text as it is.
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
    });
  });
}

/** The pids of this process's workerd children that are not defunct. */
function children(): number[] {
  const lines = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,comm=,stat='], { encoding: 'utf8' });
  return lines
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, command, state]) => command === 'workerd' && !state?.startsWith('Z'))
    .map(([pid]) => Number(pid));
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('it did not happen within 5 s');
}
