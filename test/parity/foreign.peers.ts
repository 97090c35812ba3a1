/** Every foreign function of Envoy's with good and bad arguments: the same status and result, or NotFound for what no edge can do. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { compileFilter } from '../../sdk/build/compile.ts';
import { EnvoyFilter } from '../../sdk/harness/envoy/index.ts';
import { loadFilter, type TestFilter } from '../../sdk/harness/index.ts';

const OK = '0';
const NOT_FOUND = '1';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const text = Buffer.from('hello');
const COMPRESSED = Buffer.from('ab'.repeat(500));
const signature = sign('sha256', text, rsa.privateKey);
const der = (key: KeyObject) =>
  key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'der' } as never) as unknown as Buffer;
const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' } as never) as unknown as string;

/** Length-delimited protobuf fields by number. */
function message(fields: Record<number, string | Uint8Array>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of Object.entries(fields))
    writer.tag(Number(number), 2).bytes(Buffer.from(value as never));
  return writer.finish();
}

let edge: TestFilter;
let envoy: EnvoyFilter;
/** Of every call, `status hex`, from both; asked at once, because Envoy's answers are waited for. */
const answers = new Map<Uint8Array, [edge: string, envoy: string]>();
before(async () => {
  const { wasm } = await compileFilter(join(import.meta.dirname, 'foreign/assembly/index.ts'));
  edge = await loadFilter(wasm);
  const options = {
    name: 'test',
    rootId: '',
    env: {},
    failStrategy: 'FAIL_CLOSED',
    configuration: '',
    clusters: {},
  } as const;
  envoy = await EnvoyFilter.start(wasm, options);
  const calls: [string, Uint8Array][] = [
    ...SAME.map(([, name, input]): [string, Uint8Array] => [name, input]),
    ...ENVOYS_OWN,
  ];
  calls.push(['compress', COMPRESSED]);
  await Promise.all(calls.map(async ([name, input]) => answers.set(input, await call(name, input))));
});
after(() => envoy.stop());

async function call(name: string, input: Uint8Array): Promise<[edge: string, envoy: string]> {
  const request = { method: 'POST', path: `/${name}`, body: input };
  const here = (await edge.request(request)).response?.body ?? '';
  const there = (await envoy.request(request, () => ({}))).response?.body ?? '';
  return [here.trim(), there.trim()];
}

const verify = (fields: Record<number, string | Uint8Array> = {}) =>
  message({ 1: 'sha256', 2: der(rsa.publicKey), 3: signature, 4: text, ...fields });
const toSign = (fields: Record<number, string | Uint8Array> = {}) =>
  message({ 1: 'sha256', 2: der(rsa.privateKey), 3: text, ...fields });

const SAME: readonly [what: string, name: string, input: Uint8Array][] = [
  ['an unknown name', 'nothing_like_it', Buffer.from('x')],
  ['clear_route_cache', 'clear_route_cache', Buffer.from('x')],
  ['uncompress', 'uncompress', deflateSync('hello')],
  ['uncompress, much', 'uncompress', deflateSync('a'.repeat(1000))],
  ['uncompress, nonsense', 'uncompress', text],
  ['verify', 'verify_signature', verify()],
  ['verify, capitals', 'verify_signature', verify({ 1: 'SHA256' })],
  ['verify, PEM', 'verify_signature', verify({ 2: '', 5: pem(rsa.publicKey) })],
  ['verify, both keys', 'verify_signature', verify({ 5: pem(rsa.publicKey) })],
  ['verify, no key', 'verify_signature', verify({ 2: '' })],
  ['verify, a bad key', 'verify_signature', verify({ 2: 'bad' })],
  ['verify, elliptic', 'verify_signature', verify({ 2: der(ec.publicKey), 3: sign('sha256', text, ec.privateKey) })],
  ['verify, of another key', 'verify_signature', verify({ 3: sign('sha256', text, ec.privateKey) })],
  ['verify, of another text', 'verify_signature', verify({ 4: 'other' })],
  ['verify, no signature', 'verify_signature', verify({ 3: '' })],
  ['verify, an unknown hash', 'verify_signature', verify({ 1: 'md9' })],
  ['verify, no hash', 'verify_signature', verify({ 1: '' })],
  ['verify, no protobuf', 'verify_signature', Uint8Array.of(0xff)],
  ...['sha1', 'sha224', 'sha256', 'sha384', 'SHA512', 'zz', ''].map((hash): [string, string, Uint8Array] => [
    `sign with ${hash}`,
    'sign',
    toSign({ 1: hash }),
  ]),
  ['sign, PEM', 'sign', toSign({ 2: '', 4: pem(rsa.privateKey) })],
  ['sign, both keys', 'sign', toSign({ 4: pem(rsa.privateKey) })],
  ['sign, no key', 'sign', toSign({ 2: '' })],
  ['sign, a bad key', 'sign', toSign({ 2: 'bad' })],
  ['sign, nothing', 'sign', toSign({ 3: '' })],
  ['sign, no protobuf', 'sign', Uint8Array.of(0xff)],
];

for (const [what, , input] of SAME) {
  test(`${what} is the same as in Envoy`, () => {
    const [here, there] = answers.get(input)!;
    assert.equal(here, there);
  });
}

test('what one of them compresses the other unfolds to the same', () => {
  for (const result of answers.get(COMPRESSED)!) {
    const [status, hex = ''] = result.split(' ');
    assert.equal(status, OK);
    assert.equal(inflateSync(Buffer.from(hex, 'hex')).toString(), 'ab'.repeat(500));
  }
});

/** They reach into Envoy: its filter state, its own expressions over a stream. */
const ENVOYS_OWN: readonly [name: string, input: Uint8Array][] = [
  ['set_envoy_filter_state', message({ 1: 'envoy.string', 2: 'x' })],
  ['declare_property', message({ 1: 'x' })],
  ['expr_create', Buffer.from('request.path')],
  ['expr_delete', Uint8Array.of(1, 0, 0, 0)],
];
for (const [name, input] of ENVOYS_OWN) {
  test(`${name}, which Envoy carries out, is not found here`, () => {
    const [here, there] = answers.get(input)!;
    assert.equal(here, NOT_FOUND);
    assert.match(there, /^0/);
  });
}
