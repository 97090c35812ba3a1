/** Who is at the other end: the direct peer, and the client that trusted proxies in front of us report. */
import ipaddr from 'ipaddr.js';

export interface Peer {
  address: string;
  port: number;
  /** What its certificate names it, where it showed one. */
  principal?: string | undefined;
}

/** The runtime writes the peer as `127.0.0.2:55252` or `[::1]:55252` in cf.clientIp; Cloudflare only as CF-Connecting-IP. */
export function peerOf(clientIp: string | undefined, connectingIp: () => string | null): Peer {
  if (clientIp === undefined) return { address: connectingIp() ?? '', port: 0 };
  const colon = clientIp.lastIndexOf(':');
  const address = clientIp.startsWith('[') ? clientIp.slice(1, colon - 1) : clientIp.slice(0, colon);
  return { address, port: Number(clientIp.slice(colon + 1)) };
}

/**
 * The trusted client address: with N trusted proxies the Nth entry of X-Forwarded-For from the right, as the request came
 * in. With fewer entries, or an entry that is no address, the direct peer (Envoy: xff_num_trusted_hops with use_remote_address).
 */
export function clientAddressOf(peer: Peer, forwardedFor: string | null, numTrustedProxies: number): string {
  if (numTrustedProxies === 0 || forwardedFor === null) return peer.address;
  const entries = forwardedFor.split(',');
  const entry = entries[entries.length - numTrustedProxies]?.trim();
  return entry !== undefined && isAddress(entry) ? entry : peer.address;
}

const OCTET = '(?:\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])';
const FOUR = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** As the C library reads addresses: no short forms, no leading zeros, no port. */
const isAddress = (text: string): boolean => FOUR.test(text) || (text.includes(':') && ipaddr.IPv6.isValid(text));
