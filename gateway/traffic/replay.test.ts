import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REPLAY_LIMIT, type ReplayableBody, replayable } from './replay.ts';

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

test('a body known to be too long is sent once and never mirrored', async () => {
  const body = replayable(stream('x'), String(REPLAY_LIMIT + 1));
  assert.equal(await body.whole(), undefined);
  assert.equal(await text(body.take()), 'x');
  assert.deepEqual([body.mayRepeat(), body.take()], [false, undefined]);
});

test('a body that turns out to be too long passes whole, once', async () => {
  const body = replayable(chunked(big(), big(), 'end'), null);
  const sent = new Uint8Array(await new Response(body.take() as BodyInit).arrayBuffer());
  assert.equal(sent.length, REPLAY_LIMIT + 2 + 3);
  assert.equal(new TextDecoder().decode(sent.subarray(-3)), 'end');
  assert.deepEqual([body.mayRepeat(), body.take(), await body.whole()], [false, undefined, undefined]);
});
