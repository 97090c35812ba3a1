/**
 * Text between a guest's bytes and JavaScript. Names of headers and the like come again with every request, so short ASCII
 * is looked up by its bytes before it is decoded: the string that is found is flat, hashed, and made of nothing new.
 */

const decoder = new TextDecoder();
/** Above this many bytes TextDecoder beats what JavaScript can do (measured on Node 24 and workerd). */
const SHORT = 96;
const SLOTS = 1024;
const MULTIPLIER = 31;

/** By a hash of their bytes; a text whose slot is taken takes it over. */
const known = new Array<string>(SLOTS).fill('');

/** UTF-8, invalid sequences replaced by U+FFFD as JavaScript does. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const size = end - start;
  if (size === 0) return '';
  if (size > SHORT) return decoder.decode(bytes.subarray(start, end));
  let hash = size;
  let seen = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    seen |= byte;
    hash = (Math.imul(hash, MULTIPLIER) + byte) | 0;
  }
  if (seen > 127) return decoder.decode(bytes.subarray(start, end));
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const text = known[slot] as string;
  if (text.length === size && isSame(text, bytes, start)) return text;
  const fresh = ascii(bytes, start, end);
  known[slot] = fresh;
  return fresh;
}

function isSame(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** Eight letters a step: joining them one by one makes a tree that somebody has to flatten. */
function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let i = start;
  const at = (offset: number): number => bytes[i + offset] as number;
  for (; i + 8 <= end; i += 8) text += String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
  for (; i < end; i++) text += String.fromCharCode(at(0));
  return text;
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** TextEncoder costs 14 µs for a request's headers, this loop 0.5 µs. */
export function writeAscii(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
