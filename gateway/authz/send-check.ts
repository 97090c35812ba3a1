/** Sends a check request to one endpoint of the authoriser's cluster. */
import type { Exchange } from '../exchange.ts';
import type { Cluster } from '../snapshot.ts';
import { callOut } from '../upstream/call-out.ts';
import type { CheckRequest } from './check-request.ts';

/** undefined: nobody answered in time. */
export async function sendCheck(
  exchange: Exchange,
  cluster: Cluster,
  { authority, path, method, headers, body }: CheckRequest,
  timeoutMs: number,
): Promise<Response | undefined> {
  const { endpoints } = cluster;
  const endpoint = endpoints[Math.floor(Math.random() * endpoints.length)];
  if (!endpoint) return undefined;
  // The scheme decides only which port the runtime drops from Host as the default.
  const url = `${authority.endsWith(':80') ? 'https' : 'http'}://${authority}${path}`;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    return await callOut(exchange, cluster, endpoint, url, { method, headers, signal, ...(body && { body }) });
  } catch {
    return undefined;
  }
}
