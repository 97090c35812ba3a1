/**
 * xxHash64 (the XXH64 specification by its author), as Envoy hashes keys and hosts. Written with 32-bit halves: BigInt
 * would cost a hundred times as much, and no wasm may be compiled at run time.
 */

/** A 64-bit unsigned number; both halves are unsigned 32-bit. */
export interface Hash64 {
  hi: number;
  lo: number;
}

const P1H = 0x9e3779b1;
const P1L = 0x85ebca87;
const P2H = 0xc2b2ae3d;
const P2L = 0x27d4eb4f;
const P3H = 0x165667b1;
const P3L = 0x9e3779f9;
const P4H = 0x85ebca77;
const P4L = 0xc2b2ae63;
const P5H = 0x27d4eb2f;
const P5L = 0x165667c5;

/** The registers: results of the operations below, so that none of them allocates. */
let high = 0;
let low = 0;

function multiply(ah: number, al: number, bh: number, bl: number): void {
  const a0 = al & 0xffff;
  const a1 = al >>> 16;
  const b0 = bl & 0xffff;
  const b1 = bl >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const rest = a0 * b1 + (middle & 0xffff);
  const carry = a1 * b1 + (middle >>> 16) + (rest >>> 16);
  high = (carry + Math.imul(ah, bl) + Math.imul(al, bh)) >>> 0;
  low = Math.imul(al, bl) >>> 0;
}

function add(ah: number, al: number, bh: number, bl: number): void {
  const sum = al + bl;
  low = sum >>> 0;
  high = (ah + bh + (sum > 0xffffffff ? 1 : 0)) >>> 0;
}

/** Rotates the registers left by 0 < bits < 32. */
function rotate(bits: number): void {
  const h = high;
  high = ((high << bits) | (low >>> (32 - bits))) >>> 0;
  low = ((low << bits) | (h >>> (32 - bits))) >>> 0;
}

/** round(registers, lane): acc = rotl(acc + lane * P2, 31) * P1. */
function round(laneHigh: number, laneLow: number): void {
  const h = high;
  const l = low;
  multiply(laneHigh, laneLow, P2H, P2L);
  add(high, low, h, l);
  rotate(31);
  multiply(high, low, P1H, P1L);
}

/** registers ^= registers >>> bits, for 32 < bits < 64 or bits = 32. */
function foldHigh(bits: number): void {
  if (bits >= 32) {
    low = (low ^ (high >>> (bits - 32))) >>> 0;
    return;
  }
  const h = high;
  high = (high ^ (h >>> bits)) >>> 0;
  low = (low ^ ((h << (32 - bits)) | (low >>> bits))) >>> 0;
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

/** The four accumulators, high and low halves. */
const lanes = new Uint32Array(8);

function startLanes(seed: number): void {
  add(P1H, P1L, P2H, P2L);
  add(high, low, 0, seed);
  lanes[0] = high;
  lanes[1] = low;
  add(P2H, P2L, 0, seed);
  lanes[2] = high;
  lanes[3] = low;
  lanes[4] = 0;
  lanes[5] = seed;
  add(0, seed, ~P1H >>> 0, (~P1L + 1) >>> 0);
  lanes[6] = high;
  lanes[7] = low;
}

/** Consumes whole stripes of 32 bytes; returns the offset behind them. */
function stripes(bytes: Uint8Array, length: number): number {
  let at = 0;
  for (; at + 32 <= length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      high = lanes[lane * 2]!;
      low = lanes[lane * 2 + 1]!;
      round(word(bytes, at + lane * 8 + 4), word(bytes, at + lane * 8));
      lanes[lane * 2] = high;
      lanes[lane * 2 + 1] = low;
    }
  }
  return at;
}

const ROTATIONS = [1, 7, 12, 18] as const;

/** Merges the accumulators into the registers. */
function converge(): void {
  let h = 0;
  let l = 0;
  for (let lane = 0; lane < 4; lane++) {
    high = lanes[lane * 2]!;
    low = lanes[lane * 2 + 1]!;
    rotate(ROTATIONS[lane]!);
    add(high, low, h, l);
    h = high;
    l = low;
  }
  for (let lane = 0; lane < 4; lane++) {
    high = 0;
    low = 0;
    round(lanes[lane * 2]!, lanes[lane * 2 + 1]!);
    multiply((high ^ h) >>> 0, (low ^ l) >>> 0, P1H, P1L);
    add(high, low, P4H, P4L);
    h = high;
    l = low;
  }
}

/** The last 31 bytes at most: by eight, by four, by one. */
function tail(bytes: Uint8Array, from: number, length: number): void {
  let at = from;
  for (; at + 8 <= length; at += 8) {
    const h = high;
    const l = low;
    high = 0;
    low = 0;
    round(word(bytes, at + 4), word(bytes, at));
    high = (high ^ h) >>> 0;
    low = (low ^ l) >>> 0;
    rotate(27);
    multiply(high, low, P1H, P1L);
    add(high, low, P4H, P4L);
  }
  if (at + 4 <= length) {
    const h = high;
    const l = low;
    multiply(0, word(bytes, at), P1H, P1L);
    high = (high ^ h) >>> 0;
    low = (low ^ l) >>> 0;
    rotate(23);
    multiply(high, low, P2H, P2L);
    add(high, low, P3H, P3L);
    at += 4;
  }
  for (; at < length; at++) {
    const h = high;
    const l = low;
    multiply(0, bytes[at]!, P5H, P5L);
    high = (high ^ h) >>> 0;
    low = (low ^ l) >>> 0;
    rotate(11);
    multiply(high, low, P1H, P1L);
  }
}

function avalanche(): void {
  foldHigh(33);
  multiply(high, low, P2H, P2L);
  foldHigh(29);
  multiply(high, low, P3H, P3L);
  foldHigh(32);
}

/** @param seed 32 bits; Envoy's is 0, and 1 for Maglev's second hash */
export function xxHash64Bytes(bytes: Uint8Array, length = bytes.length, seed = 0): Hash64 {
  let at = 0;
  if (length >= 32) {
    startLanes(seed);
    at = stripes(bytes, length);
    converge();
  } else {
    add(P5H, P5L, 0, seed);
  }
  add(high, low, 0, length);
  tail(bytes, at, length);
  avalanche();
  return { hi: high, lo: low };
}

const encoder = new TextEncoder();
let scratch = new Uint8Array(512);

/** Of the text's UTF-8 bytes. */
export function xxHash64(text: string, seed = 0): Hash64 {
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3);
  return xxHash64Bytes(scratch, encode(text), seed);
}

/** Plain ASCII is copied by hand: for the short keys of a request that is quicker than the encoder. */
function encode(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encodeInto(text, scratch).written;
    scratch[i] = code;
  }
  return text.length;
}

/** `hash % divisor` for divisors up to 2^26, which covers every table size Envoy allows. */
export function modulo(hash: Hash64, divisor: number): number {
  return ((hash.hi % divisor) * (0x1_0000_0000 % divisor) + (hash.lo % divisor)) % divisor;
}

/** Sixteen hexadecimal digits, as Envoy prints a hash into a cookie. */
export function hex({ hi, lo }: Hash64): string {
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
}
