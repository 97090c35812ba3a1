/** A look at an endpoint's port, for what the runtime's fetch does not tell. */
import type { Endpoint } from '../snapshot.ts';

/** silent: neither accepted nor refused in time, as of a host that is gone. */
export type PortState = 'open' | 'refused' | 'silent';

/** @param ms how long to wait for it */
export async function lookAt({ address, port }: Pick<Endpoint, 'address' | 'port'>, ms = 1000): Promise<PortState> {
  // Imported here, so that everything around can be tested outside workerd.
  const { connect } = await import('cloudflare:sockets');
  const socket = connect({ hostname: address, port });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<PortState>((resolve) => {
    timer = setTimeout(() => resolve('silent'), ms);
  });
  const opened = socket.opened.then(
    (): PortState => 'open',
    (): PortState => 'refused',
  );
  const state = await Promise.race([opened, silent]);
  clearTimeout(timer);
  socket.close().catch(() => {});
  return state;
}
