/** What TLS tells, chooses and asks for, and what passes through its front. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as getHttps, request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Gateway } from '../../cli/serve/gateway.ts';
import { ANY_PORT, ask, type ClientCertificate, certificateOf, collect, ENTRY, TLS } from './asking.ts';
import { listenerOf, snapshotOf } from './snapshots.ts';

describe('TLS', () => {
  const certificates = mkdtempSync(join(tmpdir(), 'gateway-test-'));
  const gateway = new Gateway({ bind: '127.0.0.1', ports: ANY_PORT, workers: 1, entry: ENTRY, certificates });
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
