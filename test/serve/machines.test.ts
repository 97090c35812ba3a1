/** Machines that share one state process. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as getHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { generate } from 'selfsigned';
import { Gateway } from '../../cli/serve/gateway.ts';
import { freePort } from '../support/free-port.ts';
import { ANY_PORT, ask, ENTRY } from './asking.ts';
import { listenerOf, snapshotOf } from './snapshots.ts';

describe('several machines', () => {
  const certificates = mkdtempSync(join(tmpdir(), 'gateway-state-'));
  const options = { bind: '127.0.0.1', ports: ANY_PORT, workers: 1, entry: ENTRY };
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
