/**
 * The Worker as it is deployed to Cloudflare: the Snapshot is built in, TLS and SNI are the platform's, and endpoints are
 * reached by bindings where the account has them (VPC Services), else by name over the internet.
 */
import type { GatewayEnv, SocketProps } from './bindings.ts';
import { bindingsOf } from './deployed-env.ts';
import {
  type DynamicOptions,
  type ModuleBytes,
  needsLoader,
  prepareDynamic,
  serveDynamically,
  type WorkerLoader,
} from './dynamic/loader.ts';
import { chooseServer } from './listener/sni.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotStore } from './snapshot-generation.ts';
import type { Report } from './snapshot-kv.ts';
import type { SnapshotHead } from './snapshot-shards.ts';
import { gatewayOf, type PublishedIn, publish, publishedGateway } from './snapshot-source.ts';
import { serve } from './worker.ts';

interface DeployedEnv extends Record<string, unknown> {
  /** Workers KV with what the control API publishes; laid over the Snapshot that is built in. */
  SNAPSHOTS?: SnapshotStore & ModuleBytes;
  /** Starts dynamic workers for filters that were published after the deployment (`worker_loaders`). */
  LOADER?: WorkerLoader;
  /** The control API's entrypoint `Rollouts`, which decides about staged rollouts. */
  ROLLOUTS?: Pick<Fetcher, 'fetch'>;
}

/** A handler that serves `snapshot`, or what is published. Nothing is folded before the first request: a Worker may not draw random numbers earlier. */
export function deployed(
  snapshot: Snapshot,
  code?: DynamicOptions['code'],
): {
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
      const dynamic = code && dynamicOptions(code, env, context);
      const published = publishedIn(env, dynamic);
      const gateway = published ? await publishedGateway(request, builtIn, published, context) : gatewayOf(builtIn);
      const props = propsOf(request.url, gateway.snapshot);
      if (dynamic && needsLoader(gateway.snapshot)) {
        const answer = await serveDynamically(request, gateway.snapshot, props, dynamic);
        gateway.count(answer.status);
        return answer;
      }
      const own = bindings.get(gateway.snapshot) ?? bindingsOf(gateway.snapshot, env);
      bindings.set(gateway.snapshot, own);
      const waitUntil = (promise: Promise<unknown>): void => context.waitUntil(promise);
      return serve(request, own, { props, waitUntil } as unknown as ExecutionContext, gateway);
    },
  };
}

/** undefined: nothing is published for this Worker. */
function publishedIn({ SNAPSHOTS: store, ROLLOUTS }: DeployedEnv, dynamic?: DynamicOptions): PublishedIn | undefined {
  if (!store) return undefined;
  const prepare = dynamic && ((head: SnapshotHead) => prepareDynamic(head, dynamic));
  return { store, report: ROLLOUTS && reportTo(ROLLOUTS), prepare };
}

/** undefined: the account has no loader, or nothing is published that could need one. */
function dynamicOptions(
  code: DynamicOptions['code'],
  { LOADER: loader, SNAPSHOTS: bytes, ...env }: DeployedEnv,
  { exports }: ExecutionContext,
): DynamicOptions | undefined {
  if (!loader || !bytes) return undefined;
  const { COUNTERS: _counters, ROLLOUTS: _rollouts, ...passed } = env;
  const { Outside } = exports as unknown as { Outside(options: object): Fetcher };
  return { loader, bytes, code, env: { ...passed, OUTSIDE: Outside({}) } };
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
