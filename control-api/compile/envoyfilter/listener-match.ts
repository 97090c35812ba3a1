/** Whether a patch's `match.listener` means a listener of ours. */
import type { Listener, Server } from '../../../gateway/snapshot.ts';
import type { Draft } from '../processor.ts';
import { type MatchSpec, type Patch, report } from './patches.ts';

/**
 * By name, port and filter chain; Istio looks at no portName. A gateway's listener has a filter chain for each TLS server, told
 * apart by SNI, or one that has no condition at all. A patch of some servers alone is reported: filters are the listener's here.
 */
export function listenerMatches(patch: Patch, listener: Listener, draft: Draft): boolean {
  const match = patch.match.listener;
  if (match?.portNumber && match.portNumber !== listener.port) return false;
  if (match?.name && match.name !== listener.name) return false;
  const matching = listener.servers.filter((server) => chainMatches(match?.filterChain, server));
  if (matching.length > 0 && matching.length < listener.servers.length) {
    const what = `a match of the filter chain of ${matching.map(({ name }) => name).join(', ')} alone`;
    report(draft, patch, 'EnvoyFilterNotUnderstood', { what });
  }
  return matching.length === listener.servers.length;
}

type ChainMatch = NonNullable<MatchSpec['listener']>['filterChain'];

/** A gateway's chains have neither names nor conditions on protocols or ports. */
function chainMatches(match: ChainMatch, { tls, hosts }: Server): boolean {
  if (!match) return true;
  if (match.name || match.transportProtocol || match.applicationProtocols || match.destinationPort) return false;
  return !match.sni || (tls !== undefined && !hosts.includes('*') && hosts.includes(match.sni));
}
