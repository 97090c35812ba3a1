/**
 * Serialised header pairs: u32 count, then u32 name size and u32 value size for each, then each name and value followed
 * by a zero byte; little-endian (proxy-wasm/spec, "Serialization").
 */
import { MAX_PAIRS, MAX_PAIRS_BYTES } from './abi.ts';
import { decodeText, isAscii, writeAscii } from './text.ts';

export type Pair = readonly [name: string, value: string | Uint8Array];

const encoder = new TextEncoder();

/** Empty input gives an empty array: Envoy hands out address 0, size 0 for an empty map of headers. */
export function encodePairs(pairs: readonly Pair[]): Uint8Array {
  if (pairs.length === 0) return new Uint8Array(0);
  return encodePairsWithCount(pairs);
}

/** As encodePairs, but an empty list is its four-byte count: the form that get_property gives for a map. */
export function encodePairsWithCount(pairs: readonly Pair[]): Uint8Array {
  const parts = pairs.flatMap(([name, value]) => [ready(name), ready(value)]);
  const size = parts.reduce((sum, part) => sum + 5 + part.length, 4);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, pairs.length, true);
  let at = 4 + parts.length * 4;
  for (const [index, part] of parts.entries()) {
    view.setUint32(4 + index * 4, part.length, true);
    if (typeof part === 'string') writeAscii(bytes, at, part);
    else bytes.set(part, at);
    at += part.length + 1;
  }
  return bytes;
}

function ready(value: string | Uint8Array): string | Uint8Array {
  return typeof value === 'string' && !isAscii(value) ? encoder.encode(value) : value;
}

/** Anything malformed is an empty list, as in proxy-wasm-cpp-host: the call then acts as if no pairs were given. */
export function decodePairs(bytes: Uint8Array): [string, string][] {
  if (bytes.length < 4 || bytes.length > MAX_PAIRS_BYTES) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count > MAX_PAIRS || 4 + count * 8 > bytes.length) return [];
  const texts: string[] = [];
  let at = 4 + count * 8;
  for (let i = 0; i < count * 2; i++) {
    const end = at + view.getUint32(4 + i * 4, true);
    if (end >= bytes.length || bytes[end] !== 0) return [];
    texts.push(decodeText(bytes, at, end));
    at = end + 1;
  }
  if (at !== bytes.length) return [];
  return Array.from({ length: count }, (_, i) => [texts[i * 2] as string, texts[i * 2 + 1] as string]);
}
