/**
 * The Worker as it is deployed to Cloudflare: the Snapshot is built in, TLS and SNI are the platform's, and endpoints are
 * reached by bindings where the account has them (VPC Services), else by name over the internet.
 */
import { endpointBinding, type GatewayEnv, type SocketProps } from './bindings.ts';
import { deployedBinding } from './deployed-binding.ts';
import { chooseServer } from './listener/sni.ts';
import type { Endpoint, Snapshot } from './snapshot.ts';
import { publish } from './snapshot-source.ts';
import worker from './worker.ts';

/** A handler that serves `snapshot`. Nothing is folded before the first request: a Worker may not draw random numbers earlier. */
export function deployed(snapshot: Snapshot): { fetch: ExportedHandlerFetchHandler<Record<string, unknown>> } {
  let bindings: GatewayEnv | undefined;
  return {
    fetch(request, env, context) {
      if (!bindings) {
        publish(snapshot);
        bindings = bindingsOf(snapshot, env);
      }
      const props = propsOf(request.url, snapshot);
      const waitUntil = (promise: Promise<unknown>): void => context.waitUntil(promise);
      return worker.fetch(request as Request, bindings, { props, waitUntil } as unknown as ExecutionContext);
    },
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
  const bindings: GatewayEnv = { ...env, SNAPSHOT: snapshot };
  for (const cluster of Object.values(snapshot.clusters)) {
    for (const endpoint of cluster.endpoints) {
      bindings[endpointBinding(cluster, endpoint)] =
        env[deployedBinding(cluster, endpoint)] ?? byName(endpoint, cluster.tls !== undefined);
    }
  }
  return bindings;
}

/** Without a binding the platform sends the URL's host as Host, so the original one goes along as X-Forwarded-Host. */
function byName({ address, port }: Endpoint, tls: boolean): Pick<Fetcher, 'fetch'> {
  return {
    fetch: (input, init) => {
      const request = new Request(input as RequestInfo, init as RequestInit);
      const { host, pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.set('x-forwarded-host', host);
      const url = `${tls ? 'https' : 'http'}://${address}:${port}${pathname}${search}`;
      return fetch(url, new Request(request, { headers, redirect: 'manual' }));
    },
  };
}
