/**
 * What a request carries to the mesh entry: where it goes, and what the entry would otherwise overwrite. Whatever a client
 * sent under these names is overwritten or dropped, so that nobody but the edge chooses a destination.
 */
import type { Exchange, HeaderView } from '../exchange.ts';
import type { Cluster } from '../snapshot.ts';
import type { ResponseFlag } from '../telemetry/flags.ts';
import { RESPONSE_FLAGS } from '../telemetry/flags.ts';

/** The entry's routes match it exactly; its value is the cluster's name. */
export const DESTINATION_HEADER = 'x-bowsprit-destination';
/** The entry sets it to `%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%`: why it, and not the application, answered. */
export const ENTRY_HEADER = 'x-bowsprit-entry';

type Addressed = Pick<Exchange, 'requestHeaders' | 'clientAddress'>;

/** undefined for a cluster that is not behind the entry. */
export function foldMeshHeaders(cluster: Cluster | undefined): ((exchange: Addressed) => void) | undefined {
  if (cluster?.resolution !== 'MESH') return undefined;
  const { name } = cluster;
  return ({ requestHeaders, clientAddress }) => {
    requestHeaders.remove('x-bowsprit-assertion');
    requestHeaders.set(DESTINATION_HEADER, name);
    copy(requestHeaders, 'x-forwarded-for', 'x-bowsprit-forwarded-for');
    copy(requestHeaders, 'x-request-id', 'x-bowsprit-request-id');
    // One address: the entry trusts one proxy, and takes the last entry for the client's (numTrustedProxies: 1).
    requestHeaders.set('x-forwarded-for', clientAddress);
  };
}

/** Takes it all back, for a copy of the request that goes elsewhere (a mirror). */
export function leaveMesh(headers: HeaderView): void {
  copy(headers, 'x-bowsprit-forwarded-for', 'x-forwarded-for');
  for (const name of [DESTINATION_HEADER, 'x-bowsprit-forwarded-for', 'x-bowsprit-request-id']) headers.remove(name);
}

function copy(headers: HeaderView, from: string, to: string): void {
  const value = headers.get(from);
  if (value === null) headers.remove(to);
  else headers.set(to, value);
}

/** Takes the entry's own word out of the answer and gives its flags and details; undefined when it said nothing. */
export function readEntry(headers: HeaderView): { flags: ResponseFlag[]; details: string } | undefined {
  const value = headers.get(ENTRY_HEADER);
  if (value === null) return undefined;
  headers.remove(ENTRY_HEADER);
  const [flags = '', details = ''] = value.split(' ');
  return { flags: flags.split(',').filter((flag): flag is ResponseFlag => flag in RESPONSE_FLAGS), details };
}
