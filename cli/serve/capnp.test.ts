import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerdConfig } from './capnp.ts';

const modules = [{ name: 'main.js', kind: 'esModule' as const, file: 'main.js' }];

test('names and props are quoted, whatever is in them', () => {
  const text = workerdConfig({
    modules,
    json: [],
    externals: [],
    sockets: [{ name: 'a"b\\c\nd', props: { port: 80, server: '"' } }],
  });
  assert.ok(text.includes(String.raw`name = "a\"b\\c\x0ad"`), text);
  assert.ok(text.includes(String.raw`json = "{\"port\":80,\"server\":\"\\\"\"}"`), text);
});

test('an upstream with TLS names its certificates by file', () => {
  const tls = { certificateHost: 'reviews', trustedCertificates: ['1-ca.crt'], trustBrowserCas: false };
  const text = workerdConfig({
    modules,
    json: [],
    sockets: [],
    externals: [{ name: 'up', address: '10.0.0.1:443', tls }],
  });
  assert.ok(text.includes('trustedCertificates = [embed "1-ca.crt"]'), text);
  assert.ok(text.includes('certificateHost = "reviews"'), text);
  assert.ok(text.includes('(name = "up", service = "up")'), text);
});
