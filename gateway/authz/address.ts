/** IP addresses and blocks as comparable texts, so that a block is found by look-up and not by trying every block. */
import ipaddr from 'ipaddr.js';

/** `4:` or `6:` (an IPv4 address within IPv6 too, as in Envoy) and the address's bits; `undefined` when the text is no address. */
export function addressKey(text: string): string | undefined {
  if (text === lastText) return lastKey;
  lastText = text;
  lastKey = parse(text);
  return lastKey;
}

/** A request asks for the same address several times; the one before is often the same as well. */
let lastText: string | undefined;
let lastKey: string | undefined;

function parse(text: string): string | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!four && !ipaddr.isValid(text)) return undefined;
  const bytes = four ? four.slice(1).map(Number) : ipaddr.parse(text).toByteArray();
  if (bytes.some((byte) => byte > 255)) return undefined;
  return (bytes.length === 4 ? '4:' : '6:') + bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** The common beginning of the keys of all addresses of a block; undefined when the text is no block. */
export function blockPrefix(text: string): string | undefined {
  const slash = text.indexOf('/');
  const address = addressKey(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const length = slash < 0 ? address.length - 2 : Number(text.slice(slash + 1));
  return Number.isInteger(length) && length >= 0 && length <= address.length - 2
    ? address.slice(0, 2 + length)
    : undefined;
}
