/** Whether a patch's `match.listener` means a listener of ours. */
import type { Listener } from '../../../gateway/snapshot.ts';
import type { MatchSpec } from './patches.ts';

/** A gateway's listener has a name of its port; filter chains are told apart by SNI alone. */
export function listenerMatches({ listener: match }: MatchSpec, listener: Listener): boolean {
  if (!match) return true;
  if (match.portNumber && match.portNumber !== listener.port) return false;
  if (match.name && match.name !== listener.name) return false;
  if (match.portName && !listener.servers.some(({ name }) => name.split('.')[0] === match.portName)) return false;
  const sni = match.filterChain?.sni;
  return !sni || listener.servers.every(({ hosts }) => hosts.includes(sni));
}
