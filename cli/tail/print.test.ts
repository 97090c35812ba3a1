import assert from 'node:assert/strict';
import { test } from 'node:test';
import { someLine } from './fixture.ts';
import { textOf } from './print.ts';

test('a request is one line: time, status, method, host and path, duration, flags, details, cluster', () =>
  assert.equal(
    textOf(someLine(), false),
    '2026-01-02T03:04:05.678Z 503 GET  shop.example.com/up/a?x=1 51ms URX,UF ' +
      'upstream_reset_before_response_started{remote_connection_failure} outbound|80||up.example.com',
  ));

test('what there is not is a dash', () => {
  const line = someLine({ duration: null, response_code_details: null, upstream_cluster: null, response_code: null });
  assert.equal(textOf(line, false), '2026-01-02T03:04:05.678Z - GET  shop.example.com/up/a?x=1 - URX,UF - -');
});

test('only the status is coloured, and only where colours are wanted', () => {
  assert.ok(textOf(someLine(), true).includes(' \x1b[31m503\x1b[0m GET'));
  assert.ok(textOf(someLine({ response_code: 404 }), true).includes('\x1b[33m404'));
  assert.ok(!textOf(someLine(), false).includes('\x1b'));
});

test('control characters of a client do not reach the terminal', () =>
  assert.ok(textOf(someLine({ path: '/\x1b[2J\n' }), false).includes('shop.example.com/\\x1b[2J\\x0a ')));
