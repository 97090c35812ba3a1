/** What a call gives back, as text for the log. */
import * as abi from "bowsprit-sdk/assembly/abi";

/** Where the host writes pointers, sizes and numbers. */
export const OUT: usize = memory.data(16);

export function log(text: string): void {
  const bytes = String.UTF8.encode(text);
  abi.proxy_log(2, changetype<usize>(bytes), bytes.byteLength);
}

/** Texts that are the same in both; anything long is its length. */
export function value(status: u32, shown: bool): string {
  if (status != 0) return status.toString();
  const pointer = load<usize>(OUT);
  const size = load<u32>(OUT, 4);
  let text = "0";
  if (shown) {
    text += size > 40 ? "[" + size.toString() + "]" : "'";
    if (size <= 40) for (let i: u32 = 0; i < size; i++) {
      const byte = load<u8>(pointer + i);
      text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "\\x" + byte.toString(16);
    }
    if (size <= 40) text += "'";
  }
  if (size > 0) heap.free(pointer);
  return text;
}

export function text(content: string): ArrayBuffer {
  return String.UTF8.encode(content);
}
