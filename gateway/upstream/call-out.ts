/**
 * A request of the gateway's own to a cluster: an authoriser's check, a filter's call, an issuer's keys. Behind the mesh entry it
 * names its destination and is signed like any other, and what the entry says of itself ends here.
 */
import { endpointBinding } from '../bindings.ts';
import type { Exchange } from '../exchange.ts';
import { CopyOnWriteHeaders } from '../listener/header-view.ts';
import type { Cluster, Endpoint } from '../snapshot.ts';
import { foldAssertion } from './assertion.ts';
import { ENTRY_HEADER, foldMeshHeaders } from './mesh-headers.ts';

/** Rejects when the endpoint cannot be reached, or is bound to nothing. Redirects are the caller's. */
export async function callOut(
  { env, clientAddress }: Pick<Exchange, 'env' | 'clientAddress'>,
  cluster: Cluster,
  endpoint: Endpoint,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const fetcher = env[endpointBinding(cluster, endpoint)] as Pick<Fetcher, 'fetch'> | undefined;
  if (!fetcher) throw new Error(`nothing is bound for ${endpoint.address}:${endpoint.port}`);
  if (cluster.resolution !== 'MESH') return fetcher.fetch(url, { redirect: 'manual', ...init });
  const requestHeaders = new CopyOnWriteHeaders(new Headers(init.headers), true);
  foldMeshHeaders(cluster)?.({ requestHeaders, clientAddress });
  await foldAssertion(cluster)?.({ requestHeaders, env });
  const answer = await fetcher.fetch(url, { redirect: 'manual', ...init, headers: requestHeaders.headers() });
  const own = new Response(answer.body, answer);
  own.headers.delete(ENTRY_HEADER);
  return own;
}
