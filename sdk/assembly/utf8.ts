/**
 * A checked UTF-8 decoder. The language's own does not look: it reads c3 28 as one letter and ff e9 as nothing, which is a
 * way around a filter. Here every malformed sequence becomes U+FFFD, as browsers and Node do it.
 */

const REPLACEMENT: u16 = 0xfffd;

/** How many bytes the well-formed sequence at `at` has, or 0. Follows table 3-7 of the Unicode standard. */
@inline
function sequence(at: usize, end: usize): i32 {
  const first = load<u8>(at);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length: i32 = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  const second = load<u8>(at, 1);
  let low: u8 = 0x80;
  let high: u8 = 0xbf;
  if (first == 0xe0) low = 0xa0;
  else if (first == 0xed) high = 0x9f;
  else if (first == 0xf0) low = 0x90;
  else if (first == 0xf4) high = 0x8f;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if ((load<u8>(at + i) & 0xc0) != 0x80) return 0;
  return length;
}

function isAscii(at: usize, end: usize): bool {
  while (at + 8 <= end) {
    if (load<u64>(at) & 0x8080808080808080) return false;
    at += 8;
  }
  for (; at < end; at++) if (load<u8>(at) & 0x80) return false;
  return true;
}

/** One byte becomes one unit, four at a time. */
function widenAscii(from: usize, size: usize): string {
  let to = __new(size << 1, idof<string>());
  const text = changetype<string>(to);
  const end = from + size;
  for (; from + 4 <= end; from += 4, to += 8) {
    let units: u64 = load<u32>(from);
    units = (units | (units << 16)) & 0x0000ffff0000ffff;
    store<u64>(to, (units | (units << 8)) & 0x00ff00ff00ff00ff);
  }
  for (; from < end; from++, to += 2) store<u16>(to, load<u8>(from));
  return text;
}

/** Writes `length` units as bytes, as long as they are ASCII; false as soon as one is not. */
export function narrowAscii(from: usize, to: usize, length: usize): bool {
  const end = to + length;
  for (; to + 4 <= end; from += 8, to += 4) {
    let units = load<u64>(from);
    if (units & 0xff80ff80ff80ff80) return false;
    units = (units | (units >> 8)) & 0x0000ffff0000ffff;
    store<u32>(to, <u32>(units | (units >> 16)));
  }
  for (; to < end; from += 2, to++) {
    const unit = load<u16>(from);
    if (unit > 127) return false;
    store<u8>(to, <u8>unit);
  }
  return true;
}

export function decodeMemory(pointer: usize, size: usize): string {
  const end = pointer + size;
  if (isAscii(pointer, end)) return widenAscii(pointer, size);
  let units = new StaticArray<u16>(<i32>size);
  let count = 0;
  let at = pointer;
  while (at < end) {
    const length = sequence(at, end);
    if (length == 0) {
      units[count++] = REPLACEMENT;
      at += malformed(at, end);
      continue;
    }
    const code = codePoint(at, length);
    if (code < 0x10000) units[count++] = <u16>code;
    else {
      units[count++] = <u16>(0xd800 + ((code - 0x10000) >> 10));
      units[count++] = <u16>(0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    at += length;
  }
  return String.UTF16.decodeUnsafe(changetype<usize>(units), <usize>count << 1);
}

function codePoint(at: usize, length: i32): u32 {
  const first: u32 = load<u8>(at);
  if (length == 1) return first;
  if (length == 2) return ((first & 31) << 6) | (load<u8>(at, 1) & 63);
  const two: u32 = ((<u32>load<u8>(at, 1) & 63) << 6) | (<u32>load<u8>(at, 2) & 63);
  if (length == 3) return ((first & 15) << 12) | two;
  return ((first & 7) << 18) | (two << 6) | (<u32>load<u8>(at, 3) & 63);
}

/** Bytes of the longest beginning of a sequence that is well-formed so far, at least one. */
function malformed(at: usize, end: usize): usize {
  const first = load<u8>(at);
  if (first < 0xc2 || first > 0xf4 || at + 1 >= end) return 1;
  const second = load<u8>(at, 1);
  let low: u8 = 0x80;
  let high: u8 = 0xbf;
  if (first == 0xe0) low = 0xa0;
  else if (first == 0xed) high = 0x9f;
  else if (first == 0xf0) low = 0x90;
  else if (first == 0xf4) high = 0x8f;
  if (first < 0xe0 || second < low || second > high) return 1;
  if (at + 2 >= end || (load<u8>(at, 2) & 0xc0) != 0x80) return 2;
  return first < 0xf0 ? 2 : 3;
}

/** The text of the bytes; U+FFFD for whatever is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decodeMemory(bytes.dataStart, bytes.length);
}

export function encodeUtf8(text: string): Uint8Array {
  return Uint8Array.wrap(String.UTF8.encode(text));
}

export function isValidUtf8(bytes: Uint8Array): bool {
  const end = bytes.dataStart + bytes.length;
  let at = bytes.dataStart;
  while (at < end) {
    const length = sequence(at, end);
    if (length == 0) return false;
    at += length;
  }
  return true;
}
