/** Lists of headers, and their form in the ABI. */
import { decodeMemory } from "./utf8";

export class Header {
  constructor(public name: string, public value: string) {}
}

/** u32 count; u32 sizes of name and value for each; then names and values, each followed by a zero byte. */
export function encodePairs(headers: Header[]): ArrayBuffer {
  const count = headers.length;
  const texts = new Array<ArrayBuffer>(count * 2);
  let size = 4 + count * 8;
  for (let i = 0; i < count; i++) {
    texts[i * 2] = String.UTF8.encode(headers[i].name, true);
    texts[i * 2 + 1] = String.UTF8.encode(headers[i].value, true);
    size += texts[i * 2].byteLength + texts[i * 2 + 1].byteLength;
  }
  const bytes = new ArrayBuffer(size);
  const start = changetype<usize>(bytes);
  store<u32>(start, count);
  let at = start + 4 + count * 8;
  for (let i = 0; i < texts.length; i++) {
    const length = texts[i].byteLength;
    store<u32>(start + 4 + i * 4, length - 1);
    memory.copy(at, changetype<usize>(texts[i]), length);
    at += length;
  }
  return bytes;
}

export function decodePairs(pointer: usize, size: usize): Header[] {
  if (size < 4) return [];
  const count = load<u32>(pointer);
  const headers = new Array<Header>();
  let at = pointer + 4 + count * 8;
  for (let i: u32 = 0; i < count; i++) {
    const nameSize = load<u32>(pointer + 4 + i * 8);
    const valueSize = load<u32>(pointer + 8 + i * 8);
    headers.push(new Header(decodeMemory(at, nameSize), decodeMemory(at + nameSize + 1, valueSize)));
    at += nameSize + valueSize + 2;
  }
  return headers;
}
