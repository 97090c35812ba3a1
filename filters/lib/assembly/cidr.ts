/** IPv4 and IPv6 blocks (RFC 4632, RFC 4291): `10.0.0.0/8`, `2001:db8::/32`, single addresses. */

const BITS: i32 = 128;
/** ::ffff:0:0/96, under which IPv4 addresses are kept. */
const V4_PREFIX: i32 = 96;

export class Cidr {
  constructor(
    private address: Uint8Array,
    private prefix: i32,
  ) {}

  /** null when the text is no block. */
  static parse(text: string): Cidr | null {
    const slash = text.indexOf('/');
    const address = parseAddress(slash < 0 ? text : text.substring(0, slash));
    if (address === null) return null;
    if (slash < 0) return new Cidr(address, BITS);
    const isV4 = text.indexOf(':') < 0;
    const prefix = <i32>parseInt(text.substring(slash + 1));
    if (prefix < 0 || prefix > (isV4 ? 32 : BITS)) return null;
    return new Cidr(address, isV4 ? prefix + V4_PREFIX : prefix);
  }

  contains(address: Uint8Array): bool {
    const whole = this.prefix >> 3;
    for (let i = 0; i < whole; i++) if (address[i] != this.address[i]) return false;
    const rest = this.prefix & 7;
    return rest == 0 || (address[whole] ^ this.address[whole]) >> <u8>(8 - rest) == 0;
  }
}

/** 16 bytes, or null. `[::1]` and `1.2.3.4` both work, a port does not belong here. */
export function parseAddress(text: string): Uint8Array | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.substring(1, text.length - 1) : text;
  return bare.indexOf(':') < 0 ? parseV4(bare) : parseV6(bare);
}

/** The address of `1.2.3.4:80` or `[::1]:80`. */
export function withoutPort(peer: string): string {
  const colon = peer.lastIndexOf(':');
  if (colon < 0 || peer.endsWith(']')) return peer;
  return peer.indexOf(':') == colon || peer.startsWith('[') ? peer.substring(0, colon) : peer;
}

function parseV4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length != 4) return null;
  const bytes = new Uint8Array(16);
  bytes[10] = 0xff;
  bytes[11] = 0xff;
  for (let i = 0; i < 4; i++) {
    const value = decimal(parts[i]);
    if (value < 0 || value > 255) return null;
    bytes[12 + i] = <u8>value;
  }
  return bytes;
}

function decimal(text: string): i32 {
  if (text.length == 0 || text.length > 3) return -1;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return -1;
  return <i32>parseInt(text);
}

function parseV6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0]);
  const tail = halves.length == 2 ? groups(halves[1]) : ([] as i32[]);
  if (head === null || tail === null) return null;
  const given = head.length + tail.length;
  if (halves.length == 2 ? given > 7 : given != 8) return null;
  const bytes = new Uint8Array(16);
  for (let i = 0; i < head.length; i++) put(bytes, i, head[i]);
  for (let i = 0; i < tail.length; i++) put(bytes, 8 - tail.length + i, tail[i]);
  return bytes;
}

function put(bytes: Uint8Array, group: i32, value: i32): void {
  bytes[group * 2] = <u8>(value >> 8);
  bytes[group * 2 + 1] = <u8>value;
}

function groups(text: string): Array<i32> | null {
  const found: i32[] = [];
  if (text == '') return found;
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    if (parts[i].indexOf('.') >= 0) {
      const v4 = i == parts.length - 1 ? parseV4(parts[i]) : null;
      if (v4 === null) return null;
      found.push(((<i32>v4[12]) << 8) | v4[13]);
      found.push(((<i32>v4[14]) << 8) | v4[15]);
    } else {
      const value = parts[i].length == 0 || parts[i].length > 4 ? NaN : parseInt(parts[i], 16);
      if (isNaN(value)) return null;
      found.push(<i32>value);
    }
  }
  return found;
}
