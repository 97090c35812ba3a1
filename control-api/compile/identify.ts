/** The Snapshot's name: a hash of its content, the same for the same content whatever order it was given in. */
import { createHash } from 'node:crypto';
import { compare } from './names.ts';

/** First 16 hex digits of the SHA-256 of the canonical JSON. */
export function identify(snapshot: object): string {
  const hash = createHash('sha256');
  let chunk = '';
  write(snapshot, (text) => {
    chunk += text;
    if (chunk.length < 1 << 16) return;
    hash.update(chunk);
    chunk = '';
  });
  return hash.update(chunk).digest('hex').slice(0, 16);
}

/** JSON with sorted keys, in pieces: one string of 100,000 routes would be longer than V8 allows. */
function write(value: unknown, out: (text: string) => void): void {
  if (value === null || typeof value !== 'object') {
    out(JSON.stringify(value) ?? 'null');
  } else if (Array.isArray(value)) {
    out('[');
    value.forEach((item, index) => {
      if (index > 0) out(',');
      write(item, out);
    });
    out(']');
  } else {
    writeObject(value as Record<string, unknown>, out);
  }
}

function writeObject(object: Record<string, unknown>, out: (text: string) => void): void {
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  let separator = '{';
  for (const key of keys.sort(compare)) {
    out(`${separator}${JSON.stringify(key)}:`);
    write(object[key], out);
    separator = ',';
  }
  out(keys.length > 0 ? '}' : '{}');
}
