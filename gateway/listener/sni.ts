/** Which server of a port a TLS client means by the name it sends (Envoy's filter chain match on server names). */
import type { Server } from '../snapshot.ts';

/** The index of the server: an exact host first, then the longest `*.suffix`, then `*`; -1 when none fits. `''`: no name was sent. */
export function chooseServer(servers: readonly Pick<Server, 'hosts'>[], name: string): number {
  const lower = name.toLowerCase();
  let best = -1;
  let bestLength = -1;
  for (const [index, { hosts }] of servers.entries()) {
    for (const host of hosts) {
      const length = fit(host, lower);
      if (length > bestLength) [best, bestLength] = [index, length];
    }
  }
  return best;
}

/** How closely a host pattern fits: -1 not at all, 0 for `*`, else longer is closer and exact is closest. */
function fit(host: string, name: string): number {
  if (host === '*') return 0;
  if (host.startsWith('*.')) return name.endsWith(host.slice(1)) && name.length >= host.length ? host.length : -1;
  return host === name ? Number.MAX_SAFE_INTEGER : -1;
}
