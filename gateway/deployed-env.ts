/** The env of a gateway on Cloudflare: endpoints are reached by the account's bindings, else by name over the internet. */
import { endpointBinding, type GatewayEnv } from './bindings.ts';
import { certificateBinding, deployedBinding } from './deployed-binding.ts';
import type { Cluster, Endpoint, Snapshot } from './snapshot.ts';
import { AUTHORITY_HEADER } from './upstream/mesh-headers.ts';

export function bindingsOf(snapshot: Snapshot, env: Record<string, unknown>): GatewayEnv {
  const hidden = new Set<string>();
  const bindings: GatewayEnv = { ...env, SNAPSHOT: snapshot, HIDDEN: hidden };
  for (const cluster of Object.values(snapshot.clusters)) {
    for (const endpoint of cluster.endpoints) {
      const name = endpointBinding(cluster, endpoint);
      const bound = env[deployedBinding(cluster, endpoint)];
      if (bound !== undefined) hidden.add(name);
      const certificate = env[certificateBinding(cluster, endpoint)] as Fetcher | undefined;
      bindings[name] = bound ?? byName(endpoint, cluster, certificate);
    }
  }
  return bindings;
}

/**
 * Over the internet the platform sends the URL's host as Host, so the original one goes along in a header: one that the mesh entry
 * puts back, for others X-Forwarded-Host. @param certificate shows a client certificate (`mtls_certificates`)
 */
function byName({ address, port }: Endpoint, cluster: Cluster, certificate?: Fetcher): Pick<Fetcher, 'fetch'> {
  const scheme = cluster.tls ? 'https' : 'http';
  const original = cluster.resolution === 'MESH' ? AUTHORITY_HEADER : 'x-forwarded-host';
  const way: typeof fetch = certificate ? certificate.fetch.bind(certificate) : fetch;
  return {
    fetch: (input, init) => {
      const request = new Request(input as RequestInfo, init as RequestInit);
      const { host, pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.set(original, host);
      const url = `${scheme}://${address}:${port}${pathname}${search}`;
      return way(url, new Request(request, { headers, redirect: 'manual' }));
    },
  };
}
