/**
 * What a request carries to the mesh entry: where it goes, and what the entry would otherwise overwrite. Whatever a client
 * sent under these names is overwritten or dropped, so that nobody but the edge chooses a destination.
 */
import type { Exchange, HeaderView } from '../exchange.ts';
import type { Cluster } from '../snapshot.ts';
import type { ResponseFlag } from '../telemetry/flags.ts';
import { RESPONSE_FLAGS } from '../telemetry/flags.ts';

/** The entry's routes match it exactly; its value is the cluster's name, with `;policy` where the entry retries. */
export const DESTINATION_HEADER = 'x-bowsprit-destination';
/** The edge's signed word; see assertion.ts. */
export const ASSERTION_HEADER = 'x-bowsprit-assertion';
/** The original Host, where the transport cannot carry it; the entry puts it back. */
export const AUTHORITY_HEADER = 'x-bowsprit-authority';
const OWN_HEADERS = [DESTINATION_HEADER, ASSERTION_HEADER, 'x-bowsprit-forwarded-for', 'x-bowsprit-request-id'];
/** The entry sets it to `%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%`: why it, and not the application, answered. */
export const ENTRY_HEADER = 'x-bowsprit-entry';

type Addressed = Pick<Exchange, 'requestHeaders' | 'clientAddress'>;

/** undefined for a cluster that is not behind the entry. @param policy of the route's retries, which the entry carries out */
export function foldMeshHeaders(
  cluster: Cluster | undefined,
  policy?: string,
): ((exchange: Addressed) => void) | undefined {
  if (cluster?.resolution !== 'MESH') return undefined;
  const destination = policy === undefined ? cluster.name : `${cluster.name};${policy}`;
  return ({ requestHeaders, clientAddress }) => {
    requestHeaders.remove(ASSERTION_HEADER);
    requestHeaders.remove(AUTHORITY_HEADER);
    requestHeaders.set(DESTINATION_HEADER, destination);
    copy(requestHeaders, 'x-forwarded-for', 'x-bowsprit-forwarded-for');
    copy(requestHeaders, 'x-request-id', 'x-bowsprit-request-id');
    // One address: the entry trusts one proxy, and takes the last entry for the client's (numTrustedProxies: 1).
    requestHeaders.set('x-forwarded-for', clientAddress);
  };
}

/** The entry may have tried already what broke on the way back: it must not multiply what the edge tries again. */
export function withoutPolicy({ requestHeaders }: Addressed, { name, resolution }: Cluster): void {
  if (resolution === 'MESH') requestHeaders.set(DESTINATION_HEADER, name);
}

/** Takes it all back, for a copy of the request that goes elsewhere (a mirror). */
export function leaveMesh(headers: HeaderView): void {
  copy(headers, 'x-bowsprit-forwarded-for', 'x-forwarded-for');
  for (const name of OWN_HEADERS) headers.remove(name);
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
  return {
    flags: flags.split(',').filter((flag): flag is ResponseFlag => Object.hasOwn(RESPONSE_FLAGS, flag)),
    details,
  };
}
