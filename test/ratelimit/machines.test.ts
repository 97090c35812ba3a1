/**
 * Several machines with one state process, over TCP with mutual TLS: one limit for all of them, nobody without the right
 * certificate, and a state process that dies under load and comes back.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generate } from 'selfsigned';
import { ask } from '../support/ask.ts';
import { freePort } from '../support/free-port.ts';
import { stop } from '../support/stop.ts';
import type { Case } from './cases.ts';
import { configOf, meshOf } from './envoy-case.ts';
import { startGateway, type TestGateway } from './gateway.ts';

const LIMITS =
  'domain: guestbook-ratelimit\ndescriptors:\n- key: a\n  rate_limit: {unit: day, requests_per_unit: 20}\n' +
  '- key: b\n  rate_limit: {unit: day, requests_per_unit: 300}\n';
const byHeader = (name: string) => ({
  actions: [{ request_headers: { header_name: `x-${name}`, descriptor_key: name } }],
});
const CASE: Case = {
  name: 'machines',
  kind: 'envoy',
  about: '',
  ratelimit: { files: { 'config.yaml': LIMITS } },
  envoy: { filter: { failure_mode_deny: true }, virtual_host: { rate_limits: [byHeader('a'), byHeader('b')] } },
};

const folder = mkdtempSync(join(tmpdir(), 'machines-'));
after(() => rmSync(folder, { recursive: true }));

/** A machine's --certs: a certificate for every state process of one mesh, signed by itself. */
async function certificates(name: string): Promise<string> {
  const altNames = [{ type: 2 as const, value: 'bowsprit-state' }];
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  const certs = join(folder, name);
  mkdirSync(certs);
  for (const [ending, text] of Object.entries({ crt: cert, key, 'ca.crt': cert })) {
    writeFileSync(join(certs, `state.${ending}`), text, { mode: 0o600 });
  }
  return certs;
}

const machine = (...args: string[]) =>
  startGateway((port) => ({ config: configOf(CASE, port), mesh: meshOf(CASE.envoy ?? {}) }), { args });

describe('several machines', { timeout: 120_000 }, () => {
  let address = '';
  let certs = '';
  let first: TestGateway;
  let second: TestGateway;
  before(async () => {
    // Loopback, but written so that it is not taken for this machine's own: plain TCP is for those only.
    address = `[::ffff:127.0.0.1]:${await freePort()}`;
    certs = await certificates('right');
    first = await machine('--state-listen', address, '--certs', certs, '--workers', '2');
    second = await machine('--state', address, '--certs', certs, '--workers', '2');
  });
  after(() => Promise.all([first?.stop(), second?.stop()]));

  it('share one limit among all their processes', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 15; round++) {
      for (const { send } of [first, second])
        statuses.push((await send({ path: '/', headers: { 'x-a': 'one' } })).status);
    }
    assert.equal(statuses.filter((status) => status === 200).length, 20);
    assert.equal(statuses.filter((status) => status === 429).length, 10);
  });

  it('count for the rate-limit service too', async () => {
    const config = join(folder, 'limits.yaml');
    writeFileSync(config, LIMITS);
    const port = await freePort();
    const args = ['--config', config, '--listen', String(port), '--state', address, '--certs', certs];
    const child = spawn(process.execPath, ['cli/main.ts', 'ratelimit', 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve, reject) => child.stdout.once('data', resolve).once('end', reject));
      const body = { domain: 'guestbook-ratelimit', descriptors: [{ entries: [{ key: 'a', value: 'one' }] }] };
      const answer = await ask({ port, path: '/json', method: 'POST' }, JSON.stringify(body));
      assert.equal(answer.status, 429);
    } finally {
      await stop(child);
    }
  });

  it('let nobody in who shows another certificate', async () => {
    const stranger = await machine('--state', address, '--certs', await certificates('wrong'));
    try {
      assert.equal((await stranger.send({ path: '/', headers: { 'x-a': 'two' } })).status, 500);
    } finally {
      await stranger.stop();
    }
    assert.ok(!Object.keys(await first.counters()).some((key) => key.includes('a_two')), 'nothing was counted');
  });

  it('admit no more than the limit while the state process dies and comes back', async () => {
    const statuses: number[] = [];
    const shooter = async ({ send }: TestGateway): Promise<void> => {
      for (let request = 0; request < 150; request++) {
        const { status } = await send({ path: '/', headers: { 'x-b': 'one' } });
        statuses.push(status);
        // Refused at once while the counters are away: a client would not hammer on.
        if (status === 500) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const killed = [30, 120].map((share) => killAt(first, () => statuses.length >= share * 2));
    await Promise.all([first, second, first, second].map(shooter).concat(killed));
    const admitted = statuses.filter((status) => status === 200).length;
    assert.ok(admitted <= 300 && admitted > 270, `${admitted} admitted of 300`);
    assert.ok(statuses.includes(429));
    assert.equal((await second.send({ path: '/', headers: { 'x-b': 'two' } })).status, 200);
  });
});

/** Kills the state process as soon as `due` says so. */
async function killAt(gateway: TestGateway, due: () => boolean): Promise<void> {
  for (let waited = 0; !due() && waited < 2000; waited++) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const pid of gateway.statePids()) process.kill(pid, 'SIGKILL');
}
