import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import { grpcTimeout, grpcTimeoutMs } from './grpc-timeout.ts';

function asked(timeout: string | undefined, routeMs: number, type = 'application/grpc'): number | undefined {
  const lines = { 'content-type': type, ...(timeout !== undefined && { 'grpc-timeout': timeout }) };
  return grpcTimeoutMs(new CopyOnWriteHeaders(new Headers(lines), true), routeMs);
}

test('a client may only shorten what the route allows', () => {
  assert.equal(asked('100m', 400), 100);
  assert.equal(asked('1S', 400), 400);
  assert.equal(asked('3S', 0), 3000);
  assert.equal(asked(undefined, 400), 400);
  assert.equal(asked(undefined, 0), 0);
});

test('what is no timeout counts as none', () => {
  for (const text of ['', '0m', 'junk', '5', '123456789m', '-1S', '1 S']) {
    assert.equal(asked(text, 0), 0, text);
    assert.equal(asked(text, 400), 400, text);
  }
});

test('every unit of the header is read, a part of a millisecond as a whole one', () => {
  const expected = { '2H': 7_200_000, '2M': 120_000, '2S': 2000, '2m': 2, '2u': 1, '2000u': 2, '2n': 1 };
  for (const [text, ms] of Object.entries(expected)) assert.equal(asked(text, 0), ms, text);
});

test('only gRPC has it', () => {
  assert.equal(asked('100m', 400, 'application/grpc-web'), undefined);
  assert.equal(asked('100m', 400, 'application/grpc+proto'), 100);
});

test('the upstream is told in the finest unit that eight digits hold', () => {
  assert.equal(grpcTimeout(400), '400m');
  assert.equal(grpcTimeout(99_999_999), '99999999m');
  assert.equal(grpcTimeout(100_000_000), '100000S');
});
