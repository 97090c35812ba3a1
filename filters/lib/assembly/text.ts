/** Bytes as text and back: hexadecimal, base64 (RFC 4648), percent-encoding (RFC 3986), cookies (RFC 6265). */
import { decodeUtf8, encodeUtf8 } from 'bowsprit-sdk';

const HEX = '0123456789abcdef';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX.charAt(bytes[i] >> 4) + HEX.charAt(bytes[i] & 15);
  return text;
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i;
    const group =
      ((<u32>bytes[i]) << 16) | (rest > 1 ? (<u32>bytes[i + 1]) << 8 : 0) | (rest > 2 ? <u32>bytes[i + 2] : 0);
    text += BASE64.charAt(group >> 18) + BASE64.charAt((group >> 12) & 63);
    text += rest > 1 ? BASE64.charAt((group >> 6) & 63) : '=';
    text += rest > 2 ? BASE64.charAt(group & 63) : '=';
  }
  return text;
}

/** Without padding and with "-" and "_", as in tokens and cookies. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Both alphabets, with or without padding; null when it is neither. */
export function fromBase64(text: string): Uint8Array | null {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) == 0x3d) end--;
  if (end % 4 == 1) return null;
  const bytes = new Uint8Array((end * 3) / 4);
  let bits: u32 = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < end; i++) {
    const value = sextet(text.charCodeAt(i));
    if (value < 0) return null;
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = <u8>(bits >> held);
    }
  }
  return bytes;
}

function sextet(code: i32): i32 {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41;
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26;
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52;
  if (code == 0x2b || code == 0x2d) return 62;
  return code == 0x2f || code == 0x5f ? 63 : -1;
}

/** Everything but unreserved characters becomes %XX. */
export function percentEncode(text: string): string {
  const bytes = encodeUtf8(text);
  let encoded = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isUnreserved(byte)) encoded += String.fromCharCode(byte);
    else encoded += '%' + HEX.charAt(byte >> 4).toUpperCase() + HEX.charAt(byte & 15).toUpperCase();
  }
  return encoded;
}

function isUnreserved(byte: u8): bool {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter || (byte >= 0x30 && byte <= 0x39) || byte == 0x2d || byte == 0x2e || byte == 0x5f || byte == 0x7e;
}

/** %XX and "+" (as in forms) decoded; what is no escape stays. */
export function percentDecode(text: string): string {
  const bytes: u8[] = [];
  const raw = encodeUtf8(text);
  for (let i = 0; i < raw.length; i++) {
    const high = raw[i] == 0x25 && i + 2 < raw.length ? hexDigit(raw[i + 1]) : -1;
    const low = high >= 0 ? hexDigit(raw[i + 2]) : -1;
    if (low >= 0) {
      bytes.push(<u8>((high << 4) | low));
      i += 2;
    } else bytes.push(raw[i] == 0x2b ? 0x20 : raw[i]);
  }
  const decoded = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) decoded[i] = bytes[i];
  return decodeUtf8(decoded);
}

function hexDigit(code: u8): i32 {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

/** Of a path with a query, or of a form's body; null when there is no such parameter. */
export function queryParameter(query: string, name: string): string | null {
  const pairs = query.split('&');
  for (let i = 0; i < pairs.length; i++) {
    const equals = pairs[i].indexOf('=');
    if ((equals < 0 ? pairs[i] : pairs[i].substring(0, equals)) == name) {
      return equals < 0 ? '' : percentDecode(pairs[i].substring(equals + 1));
    }
  }
  return null;
}

export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.substring(0, query);
}

export function queryOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? '' : target.substring(query + 1);
}

export function cookie(header: string | null, name: string): string | null {
  if (header === null) return null;
  // Proxies join several Cookie lines with "," or ", ", browsers' own pairs are separated by ";".
  const pairs = header.replaceAll(',', ';').split(';');
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i].trim();
    if (pair.startsWith(name + '=')) return pair.substring(name.length + 1);
  }
  return null;
}
