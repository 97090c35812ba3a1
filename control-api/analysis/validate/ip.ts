/** Addresses and blocks as Go's netip reads them, with its texts; undefined for fine ones. */
import { isIp } from './domain.ts';

/** `1.2.3.4/16`, whose address need not be the block's first. */
export function prefixProblem(text: string): string | undefined {
  const slash = text.lastIndexOf('/');
  const address = text.slice(0, slash);
  const bits = text.slice(slash + 1);
  const problem = addressProblem(address) ?? bitsProblem(bits, address.includes(':') ? 128 : 32);
  return problem && `netip.ParsePrefix(${JSON.stringify(text)}): ${problem}`;
}

function bitsProblem(bits: string, most: number): string | undefined {
  if (!/^(0|[1-9]\d*)$/.test(bits)) return `bad bits after slash: ${JSON.stringify(bits)}`;
  return Number(bits) > most ? 'prefix length out of range' : undefined;
}

function addressProblem(text: string): string | undefined {
  if (isIp(text)) return undefined;
  const because = text.includes(':') || !text.includes('.') ? 'unable to parse IP' : fourPartProblem(text);
  return `ParseAddr(${JSON.stringify(text)}): ${because}`;
}

/** Why it is no IPv4 address, from left to right. */
function fourPartProblem(text: string): string {
  const parts = text.split('.');
  for (const [index, part] of parts.entries()) {
    const other = part.search(/[^0-9]/);
    if (other >= 0)
      return `unexpected character (at ${JSON.stringify([part.slice(other), ...parts.slice(index + 1)].join('.'))})`;
    if (part === '')
      return `IPv4 field must have at least one digit (at ${JSON.stringify(['', ...parts.slice(index + 1)].join('.'))})`;
    if (part.length > 1 && part.startsWith('0')) return 'IPv4 field has octet with leading zero';
    if (Number(part) > 255) return 'IPv4 field has value >255';
    if (index > 3) return 'IPv4 address too long';
  }
  return 'IPv4 address too short';
}

/** An address, or a block of them. */
export function subnetProblem(address: string): string | undefined {
  if (address.split('/').length !== 2) return isIp(address) ? undefined : `${address} is not a valid IP`;
  return prefixProblem(address) && `${address} is not a valid CIDR block`;
}
