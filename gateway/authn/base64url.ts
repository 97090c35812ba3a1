/**
 * Base64url as Envoy reads it in tokens and keys: white space is skipped, padding is optional but must be right when
 * it is there, and the URL-safe alphabet is the only one.
 */
const SHAPE = /^[A-Za-z0-9_-]*(={0,2})$/;

/** The decoded bytes as a string of one character a byte, or undefined when `text` is no base64url. */
export function decodeToBinary(text: string): string | undefined {
  const compact = /[ \t\n\v\f\r]/.test(text) ? text.replace(/[ \t\n\v\f\r]+/g, '') : text;
  const shape = SHAPE.exec(compact);
  if (!shape) return undefined;
  const padding = shape[1]!.length;
  const digits = compact.length - padding;
  if (digits % 4 === 1 || (padding > 0 && (digits + padding) % 4 !== 0)) return undefined;
  return atob(compact.slice(0, digits).replaceAll('-', '+').replaceAll('_', '/'));
}

/** The decoded bytes, or undefined when `text` is no base64url. */
export function decodeToBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const binary = decodeToBinary(text);
  if (binary === undefined) return undefined;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The decoded text; undefined when it is no base64url, null when the bytes are no UTF-8. */
export function decodeToText(text: string): string | undefined | null {
  const bytes = decodeToBytes(text);
  if (bytes === undefined) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Standard base64 with padding of a text's UTF-8 bytes, as claim headers carry lists and objects (captured). */
export function encodeText(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
