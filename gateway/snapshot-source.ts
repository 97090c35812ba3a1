/** Where the Worker finds the Snapshot, folded once and kept for as long as the Snapshot is the current one. */
import type { GatewayEnv } from './bindings.ts';
import { Gateway } from './gateway.ts';
import type { Snapshot } from './snapshot.ts';

let current: Gateway | undefined;

/** The Snapshot that was published last, else the one that the Worker was started with. */
export function gatewayOf(env: GatewayEnv): Gateway {
  current ??= new Gateway(env.SNAPSHOT);
  return current;
}

/** Every request from now on is served by `snapshot`; requests on their way keep theirs. */
export function publish(snapshot: Snapshot): void {
  current = new Gateway(snapshot);
}
