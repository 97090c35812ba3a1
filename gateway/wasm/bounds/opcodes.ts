/**
 * Where one WebAssembly instruction ends and the next begins (core specification 3.0, appendix "Index of Instructions"):
 * MVP, sign extension, bulk memory, reference types, tail calls, exceptions, SIMD and threads.
 */
import { afterLeb, unsigned } from './binary.ts';

export const LOOP = 0x03;
/** call, call_indirect, and their tail-call forms. */
export const FIRST_CALL = 0x10;
export const LAST_CALL = 0x13;
export const PREFIX_MISC = 0xfc;
const PREFIX_SIMD = 0xfd;
const PREFIX_ATOMIC = 0xfe;
const MEMORY_INDEX = 0x40;

/** Where the immediates of the instruction at `at` end; undefined: an instruction that this does not know. */
export function afterInstruction(code: Uint8Array, at: number): number | undefined {
  const opcode = code[at] ?? -1;
  const next = at + 1;
  if (opcode >= 0x45 && opcode <= 0xc4) return next;
  if (opcode >= 0x20 && opcode <= 0x26) return afterLeb(code, next);
  if (opcode >= 0x28 && opcode <= 0x3e) return afterMemoryArgument(code, next);
  return SHAPES[opcode]?.(code, next);
}

type Shape = (code: Uint8Array, at: number) => number | undefined;

const plain: Shape = (_, at) => at;
const one: Shape = afterLeb;
const two: Shape = (code, at) => afterLeb(code, afterLeb(code, at));
const bytes =
  (count: number): Shape =>
  (_, at) =>
    at + count;

/** A value type, a type index or nothing; a typed reference has its heap type behind it. */
const blockType: Shape = (code, at) =>
  code[at] === 0x63 || code[at] === 0x64 ? afterLeb(code, at + 1) : afterLeb(code, at);

const SHAPES: Readonly<Record<number, Shape>> = {
  0: plain,
  1: plain,
  2: blockType,
  [LOOP]: blockType,
  4: blockType,
  5: plain,
  6: blockType,
  7: one,
  8: one,
  9: one,
  10: plain,
  11: plain,
  12: one,
  13: one,
  14: (code, at) => afterLeb(code, afterVector(code, at, one)),
  15: plain,
  16: one,
  17: two,
  18: one,
  19: two,
  24: one,
  25: plain,
  26: plain,
  27: plain,
  28: (code, at) => afterVector(code, at, blockType),
  31: (code, at) => afterVector(code, blockType(code, at)!, caught),
  63: one,
  64: one,
  65: one,
  66: one,
  67: bytes(4),
  68: bytes(8),
  208: one,
  209: plain,
  210: one,
  [PREFIX_MISC]: misc,
  [PREFIX_SIMD]: simd,
  [PREFIX_ATOMIC]: atomic,
};

function afterVector(code: Uint8Array, at: number, item: Shape): number {
  const [count, first] = unsigned(code, at);
  let end = first;
  for (let i = 0; i < count; i++) end = item(code, end)!;
  return end;
}

/** A clause of try_table: `catch` and `catch_ref` name a tag and a label, the others a label. */
function caught(code: Uint8Array, at: number): number {
  return (code[at] ?? 0) < 2 ? two(code, at + 1)! : afterLeb(code, at + 1);
}

function afterMemoryArgument(code: Uint8Array, at: number): number {
  const [alignment, next] = unsigned(code, at);
  return afterLeb(code, alignment & MEMORY_INDEX ? afterLeb(code, next) : next);
}

function misc(code: Uint8Array, at: number): number | undefined {
  const [operation, next] = unsigned(code, at);
  if (operation < 8) return next;
  if (operation > 17) return undefined;
  return [8, 10, 12, 14].includes(operation) ? two(code, next) : one(code, next);
}

function simd(code: Uint8Array, at: number): number | undefined {
  const [operation, next] = unsigned(code, at);
  if (operation <= 11 || operation === 92 || operation === 93) return afterMemoryArgument(code, next);
  if (operation === 12 || operation === 13) return next + 16;
  if (operation >= 21 && operation <= 34) return next + 1;
  if (operation >= 84 && operation <= 91) return afterMemoryArgument(code, next) + 1;
  return operation < 0x114 ? next : undefined;
}

const FENCE = 3;
function atomic(code: Uint8Array, at: number): number {
  const [operation, next] = unsigned(code, at);
  return operation === FENCE ? next + 1 : afterMemoryArgument(code, next);
}
