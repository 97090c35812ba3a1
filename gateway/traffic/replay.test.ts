import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REPLAY_LIMIT } from './record.ts';
import { type ReplayableBody, replayable } from './replay.ts';

type Bytes = ReadableStream<Uint8Array>;

const stream = (...parts: string[]): Bytes => new Blob(parts).stream();
/** One chunk for each part, as a chunked upload comes in. */
const chunked = (...parts: (string | Uint8Array)[]): Bytes =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(typeof part === 'string' ? new TextEncoder().encode(part) : part);
    },
  });
const text = (body: Bytes | null | undefined) => new Response(body as BodyInit | null).text();
const big = () => new Uint8Array(REPLAY_LIMIT / 2 + 1);

test('no body may be sent again and again', async () => {
  const body = replayable(null, null);
  assert.deepEqual([body.take(), body.take(), body.mayRepeat(), await body.whole()], [null, null, true, null]);
});

for (const [name, make] of [
  ['of known length', () => replayable(stream('abc', 'def'), '6')],
  ['of unknown length', () => replayable(chunked('abc', 'def'), null)],
] as [string, () => ReplayableBody][]) {
  test(`a short body ${name} is the same every time`, async () => {
    const body = make();
    for (let i = 0; i < 3; i++) {
      assert.equal(body.mayRepeat(), true);
      assert.equal(await text(body.take()), 'abcdef');
    }
    assert.equal(await text(await body.whole()), 'abcdef');
  });

  test(`a body ${name} of which a part was read is whole in the next try`, async () => {
    const body = make();
    const reader = body.take()!.getReader();
    await reader.read();
    // Not awaited: a branch of a tee has let go only when the other has.
    void reader.cancel();
    assert.equal(await text(body.take()), 'abcdef');
  });
}

/** Node has none: what counts here is what passes, not how it is framed. */
class Unframed extends TransformStream<Uint8Array, Uint8Array> {
  constructor(_length: number) {
    super();
  }
}
Object.assign(globalThis, { FixedLengthStream: Unframed });

test('a body known to be too long passes whole, and is never mirrored', async () => {
  const parts = [big(), big(), new TextEncoder().encode('end')];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const body = replayable(chunked(...parts), String(length));
  assert.equal(await body.whole(), undefined);
  const sent = new Uint8Array(await new Response(body.take() as BodyInit).arrayBuffer());
  assert.deepEqual([sent.length, new TextDecoder().decode(sent.subarray(-3))], [length, 'end']);
  assert.deepEqual([body.mayRepeat(), body.take()], [false, undefined]);
});

test('a long body of which little has passed is whole in the next try', async () => {
  const body = replayable(chunked('abc', big(), big(), 'end'), String(2 * big().length + 6));
  const reader = body.take()!.getReader();
  await reader.read();
  void reader.cancel();
  const sent = await text(body.take());
  assert.deepEqual([sent.length, sent.slice(0, 3), sent.slice(-3)], [2 * big().length + 6, 'abc', 'end']);
});

for (const length of [null, String(REPLAY_LIMIT + 1)])
  test(`a client that goes in the middle leaves nothing to be sent again, length ${length}`, async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (length === null) controller.enqueue(new Uint8Array(1));
        controller.error(new Error('gone'));
      },
    });
    const body = replayable(broken, length);
    const sent = body.take()!.getReader();
    if (length === null) await assert.rejects(sent.read());
    else await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([body.mayRepeat(), body.take(), await body.whole()], [false, undefined, undefined]);
  });

test('a body that turns out to be too long passes whole, once', async () => {
  const body = replayable(chunked(big(), big(), 'end'), null);
  const sent = new Uint8Array(await new Response(body.take() as BodyInit).arrayBuffer());
  assert.equal(sent.length, REPLAY_LIMIT + 2 + 3);
  assert.equal(new TextDecoder().decode(sent.subarray(-3)), 'end');
  assert.deepEqual([body.mayRepeat(), body.take(), await body.whole()], [false, undefined, undefined]);
});
