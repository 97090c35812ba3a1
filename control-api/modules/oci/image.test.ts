import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf, imageOf, type Manifest, pluginLayer, pluginOf } from './image.ts';
import { parseReference } from './reference.ts';
import { filesOf, tarOf } from './tar.ts';

test('what is put into an archive comes out of it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (content) => {
      assert.deepEqual(filesOf(tarOf('plugin.wasm', content)).get('plugin.wasm'), content);
    }),
  );
});

test('an archive that is cut short is refused', () => {
  assert.throws(() => filesOf(tarOf('plugin.wasm', new Uint8Array(1000)).subarray(0, 600)), /cut short/);
});

test('an image has one tar+gzip layer with plugin.wasm, and the same module gives the same image', () => {
  const wasm = new TextEncoder().encode('module');
  const { manifest, blobs } = imageOf(wasm, 'x.wasm');
  const parsed = JSON.parse(new TextDecoder().decode(manifest.bytes)) as Manifest;
  const layer = pluginLayer(parsed);
  assert.equal(parsed.layers.length, 1);
  assert.match(layer?.mediaType ?? '', /tar\+gzip$/);
  const blob = blobs.find(({ bytes }) => digestOf(bytes) === layer?.digest);
  assert.ok(layer && blob);
  assert.deepEqual(pluginOf(layer, blob.bytes), wasm);
  assert.equal(digestOf(manifest.bytes), digestOf(imageOf(wasm, 'x.wasm').manifest.bytes));
});

test('an image is named by registry, repository and tag or digest', () => {
  assert.deepEqual(parseReference('oci://localhost:5000/team/filter:1.0'), {
    registry: 'localhost:5000',
    repository: 'team/filter',
    reference: '1.0',
  });
  assert.equal(parseReference('oci://r.example.com/f').reference, 'latest');
  const digest = `sha256:${'a'.repeat(64)}`;
  assert.equal(parseReference(`oci://r.example.com/f:1@${digest}`).reference, digest);
  assert.throws(() => parseReference('oci://only-a-name'));
});
