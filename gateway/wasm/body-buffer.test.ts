import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Status } from './abi.ts';
import { BodyBuffer } from './body-buffer.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (buffer: BodyBuffer) => new TextDecoder().decode(buffer.bytes(0, buffer.length));

test('a body is changed at its ends or as a whole, as Envoy allows it', () => {
  const buffer = new BodyBuffer(bytes('body'));
  assert.equal(buffer.change(0, 0, bytes('<')), Status.Ok);
  assert.equal(buffer.change(5, 0, bytes('>')), Status.Ok);
  assert.equal(text(buffer), '<body>');
  assert.equal(buffer.change(0, 6, bytes('new')), Status.Ok);
  assert.equal(text(buffer), 'new');
});

test('a change in the middle is refused and changes nothing', () => {
  const buffer = new BodyBuffer(bytes('body'));
  assert.equal(buffer.change(1, 2, bytes('x')), Status.BadArgument);
  assert.equal(buffer.change(0, 2, bytes('x')), Status.BadArgument);
  assert.equal(text(buffer), 'body');
});

test('reading past the end gives what is there', () => {
  const buffer = new BodyBuffer(bytes('body'));
  assert.equal(buffer.bytes(2, 100).length, 2);
  assert.equal(buffer.bytes(9, 1).length, 0);
});
