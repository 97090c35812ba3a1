/**
 * The Worker as it is deployed to Cloudflare: the Snapshot is built in, TLS and SNI are the platform's, and endpoints are
 * reached by bindings where the account has them (VPC Services), else by name over the internet.
 */
import { endpointBinding, type GatewayEnv, type SocketProps } from './bindings.ts';
import { certificateBinding, deployedBinding } from './deployed-binding.ts';
import { chooseServer } from './listener/sni.ts';
import type { Cluster, Endpoint, Snapshot } from './snapshot.ts';
import type { SnapshotStore } from './snapshot-generation.ts';
import type { Report } from './snapshot-kv.ts';
import { gatewayOf, publish, publishedGateway } from './snapshot-source.ts';
import { AUTHORITY_HEADER } from './upstream/mesh-headers.ts';
import { serve } from './worker.ts';

interface DeployedEnv extends Record<string, unknown> {
  /** Workers KV with what the control API publishes; laid over the Snapshot that is built in. */
  SNAPSHOTS?: SnapshotStore;
  /** The control API's entrypoint `Rollouts`, which decides about staged rollouts. */
  ROLLOUTS?: Pick<Fetcher, 'fetch'>;
}

/** A handler that serves `snapshot`, or what is published. Nothing is folded before the first request: a Worker may not draw random numbers earlier. */
export function deployed(snapshot: Snapshot): {
  fetch(request: Request, env: DeployedEnv, context: ExecutionContext): Promise<Response>;
} {
  let builtIn: GatewayEnv | undefined;
  /** A Snapshot's own endpoints; it goes with the Snapshot. */
  const bindings = new WeakMap<Snapshot, GatewayEnv>();
  return {
    async fetch(request, env, context) {
      if (!builtIn) {
        publish(snapshot);
        builtIn = bindingsOf(snapshot, env);
        bindings.set(snapshot, builtIn);
      }
      const { SNAPSHOTS: store, ROLLOUTS } = env;
      const gateway = store
        ? await publishedGateway(request, builtIn, { store, report: ROLLOUTS && reportTo(ROLLOUTS) }, context)
        : gatewayOf(builtIn);
      const own = bindings.get(gateway.snapshot) ?? bindingsOf(gateway.snapshot, env);
      bindings.set(gateway.snapshot, own);
      const props = propsOf(request.url, gateway.snapshot);
      const waitUntil = (promise: Promise<unknown>): void => context.waitUntil(promise);
      return serve(request, own, { props, waitUntil } as unknown as ExecutionContext, gateway);
    },
  };
}

function reportTo(rollouts: Pick<Fetcher, 'fetch'>): Report {
  return async (candidate, counts) => {
    const body = JSON.stringify(counts);
    const answer = await rollouts.fetch(`http://control/${candidate}`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    return ((await answer.json()) as { percent: number }).percent;
  };
}

/** The port that the URL names or implies, and the server whose hosts take the name: the platform's SNI is the Host's name. */
function propsOf(url: string, { listeners }: Snapshot): SocketProps {
  const { protocol, port, hostname } = new URL(url);
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  const servers = listeners.find((listener) => listener.port === number)?.servers ?? [];
  const server = servers.some(({ tls }) => tls) ? servers[chooseServer(servers, hostname)] : undefined;
  return server ? { port: number, server: server.name } : { port: number };
}

function bindingsOf(snapshot: Snapshot, env: Record<string, unknown>): GatewayEnv {
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
