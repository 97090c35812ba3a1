/** Where the Worker finds the Snapshot, folded once and kept for as long as the Snapshot is the current one. */
import type { GatewayEnv } from './bindings.ts';
import { Gateway } from './gateway.ts';

let current: Gateway | undefined;

export function gatewayOf(env: GatewayEnv): Gateway {
  if (current?.snapshot !== env.SNAPSHOT) current = new Gateway(env.SNAPSHOT);
  return current;
}
