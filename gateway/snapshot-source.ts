/** Where the Worker finds the Snapshot, folded once and kept for as long as the Snapshot is the current one. */
import type { GatewayEnv } from './bindings.ts';
import { Gateway } from './gateway.ts';
import type { Snapshot } from './snapshot.ts';
import { KvSnapshots, type SnapshotStore } from './snapshot-kv.ts';

let current: Gateway | undefined;

/** The Snapshot that was published last, else the one that the Worker was started with. */
export function gatewayOf(env: GatewayEnv): Gateway {
  current ??= new Gateway(env.SNAPSHOT);
  return current;
}

let published: KvSnapshots | undefined;

/** The same where Snapshots are published to Workers KV (`env.SNAPSHOTS`). */
export async function publishedGateway(
  request: Request,
  env: GatewayEnv,
  store: SnapshotStore,
  context: ExecutionContext,
): Promise<Gateway> {
  published ??= new KvSnapshots(store);
  const live = await published.gateway(new URL(request.url).host, (work) => context.waitUntil(work));
  return live ?? gatewayOf(env);
}

/** Every request from now on is served by `snapshot`; requests on their way keep theirs. */
export function publish(snapshot: Snapshot): void {
  current = new Gateway(snapshot);
}
