import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generate } from 'selfsigned';
import { Gateway } from '../../cli/serve/gateway.ts';
import { listenerOf, snapshotOf } from './snapshots.ts';

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
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec' });
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
  const gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 2, entry, certificates });
  let ada: ClientCertificate;
  before(async () => {
    ada = await certificateOf('ada');
    // A certificate that is its own authority.
    writeFileSync(join(certificates, 'mutual.ca.crt'), ada.cert);
  });
  after(() => rmSync(certificates, { recursive: true }));
  after(() => gateway.stop());
  const local = (port: number): number => gateway.localPorts().get(port) ?? assert.fail(`nothing listens for ${port}`);

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

  it('closes the sockets of ports that are gone', () => {
    assert.deepEqual([...gateway.localPorts().keys()], [80, 8443]);
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
