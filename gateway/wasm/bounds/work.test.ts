import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIVE_WORK, limitWork, WORK_LEFT } from './work.ts';

/** The Workers' types forbid it, because workerd does. */
const Module = WebAssembly.Module as unknown as new (bytes: BufferSource) => WebAssembly.Module;

/** (module (memory (export "memory") 1) (func (export "run") (param i32) (result i32) …)) */
function moduleOf(body: number[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, ...content: number[]) => [id, content.length, ...content];
  const named = (name: string) => [name.length, ...new TextEncoder().encode(name)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 1, 0x7f, 1, 0x7f),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...named('run'), 0, 0, ...named('memory'), 2, 0),
    ...section(10, 1, body.length + 2, 0, ...body, 0x0b),
  ]);
}

function started(module: Uint8Array) {
  const { exports } = new WebAssembly.Instance(new Module(new Uint8Array(module)));
  const give = exports[GIVE_WORK] as (work: number) => void;
  return {
    run: exports.run as (n: number) => number,
    give,
    left: () => (exports[WORK_LEFT] as WebAssembly.Global).value,
  };
}

/** Counts its parameter down to 0: loop (local.get 0; i32.const 1; i32.sub; local.tee 0; br_if 0) end; local.get 0 */
const COUNT_DOWN = [0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x20, 0];

test('each round costs one', () => {
  const { run, give, left } = started(limitWork(moduleOf(COUNT_DOWN)));
  give(1000);
  assert.equal(run(10), 0);
  assert.equal(left(), 1000 - 10);
});

test('a loop that outlives its budget traps, and a new budget lets the next call run', () => {
  const { run, give, left } = started(limitWork(moduleOf(COUNT_DOWN)));
  give(100);
  assert.throws(() => run(1000), WebAssembly.RuntimeError);
  assert.ok(left() < 0);
  give(2000);
  assert.equal(run(1000), 0);
});

test('calls without a loop cost too: a function that calls itself twice ends', () => {
  // run(n) = n ? run(n - 1) + run(n - 1) : 1
  const callSelf = [0x20, 0, 0x41, 1, 0x6b, 0x10, 0];
  const { run, give } = started(
    limitWork(moduleOf([0x20, 0, 0x04, 0x7f, ...callSelf, ...callSelf, 0x6a, 0x05, 0x41, 1, 0x0b])),
  );
  give(10_000);
  assert.equal(run(8), 256);
  assert.throws(() => run(60), WebAssembly.RuntimeError);
});

test('filling memory costs by size', () => {
  // memory.fill(0, 0, n); n
  const { run, give, left } = started(limitWork(moduleOf([0x41, 0, 0x41, 0, 0x20, 0, 0xfc, 11, 0, 0x20, 0])));
  give(1000);
  assert.equal(run(6400), 6400);
  assert.equal(left(), 1000 - 100);
});

test('instructions of every shape are stepped over', () => {
  const bodies = [
    [0x41, 0x80, 0x7f, 0x1a, 0x42, 1, 0x1a, 0x43, 3, 3, 3, 3, 0x1a, 0x44, 3, 3, 3, 3, 3, 3, 3, 3, 0x1a, 0x20, 0],
    [0x02, 0x40, 0x20, 0, 0x0e, 1, 0, 0, 0x0b, 0x20, 0],
    [0x41, 0, 0x28, 2, 3, 0x1a, 0x3f, 0, 0x1a, 0xd0, 0x70, 0xd1, 0x1a, 0x20, 0],
    [0xfd, 12, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0xfd, 21, 3, 0x1a, 0x20, 0],
  ];
  for (const body of bodies) {
    const limited = limitWork(moduleOf(body));
    assert.ok(started(limited).left() > 0, `${body}`);
    assert.equal(started(limited).run(7), 7);
  }
});

test('what is not understood stays as it was', () => {
  const odd = moduleOf([0xfb, 0x1c, 0x1a, 0x20, 0]);
  assert.equal(limitWork(odd), odd);
});
