import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generate } from 'selfsigned';
import { Credentials } from './credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'bowsprit-credentials-'));
after(() => rmSync(folder, { recursive: true }));

async function pair() {
  const made = await generate([{ name: 'commonName', value: 'shop' }], { keyType: 'ec', curve: 'P-256' });
  return { certificate: made.cert, key: made.private };
}
const write = (ending: string, text: string) => writeFileSync(join(folder, `shop.${ending}`), text);

test('while the files of a pair are being replaced, those that belonged together are shown', async () => {
  const credentials = new Credentials(folder);
  const [old, next] = [await pair(), await pair()];
  assert.equal(credentials.pair('shop'), undefined);
  write('crt', old.certificate);
  write('key', old.key);
  assert.deepEqual(credentials.pair('shop'), old);
  write('key', next.key);
  assert.deepEqual(credentials.pair('shop'), old);
  for (const part of ['', next.certificate.slice(0, 100)]) {
    write('crt', part);
    assert.deepEqual(credentials.pair('shop'), old);
  }
  write('crt', next.certificate);
  assert.deepEqual(credentials.pair('shop'), next);
});

test('a pair that has never fitted is what the files say, so that its fault shows', async () => {
  const credentials = new Credentials(folder);
  const [one, other] = [await pair(), await pair()];
  write('crt', one.certificate);
  write('key', other.key);
  assert.deepEqual(credentials.pair('shop'), { certificate: one.certificate, key: other.key });
});

test('a Secret of the API goes before that of the files, and both before --certs', async () => {
  const credentials = new Credentials(folder);
  const [ofFolder, ofFiles, ofApi] = [await pair(), await pair(), await pair()];
  write('crt', ofFolder.certificate);
  write('key', ofFolder.key);
  assert.deepEqual(credentials.fileNames(), ['shop']);
  credentials.learn([{ name: 'shop', ...ofFiles }], 'files');
  assert.deepEqual(credentials.pair('shop'), ofFiles);
  credentials.learn([{ name: 'shop', ...ofApi }]);
  assert.deepEqual(credentials.pair('shop'), ofApi);
  const { version } = credentials;
  credentials.learn([]);
  assert.deepEqual(credentials.pair('shop'), ofFiles);
  credentials.learn([], 'files');
  assert.deepEqual(credentials.pair('shop'), ofFolder);
  assert.equal(credentials.version, version + 2);
});
