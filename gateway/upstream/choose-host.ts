/** The balancer's choice among the hosts that this process can reach. */
import type { Balancer } from './balance/balancer.ts';
import type { EarlierTries } from './balance/earlier-tries.ts';
import type { Host } from './balance/host.ts';
import type { Hash64 } from './balance/xxhash64.ts';

/**
 * A host without a binding has a name that did not resolve when the process started: it is left out from then on.
 *
 * @returns undefined: no healthy upstream
 */
export function chooseHost(balancer: Balancer, env: object, hash?: Hash64, tried?: EarlierTries): Host | undefined {
  for (;;) {
    const host = balancer.pick(hash, tried);
    if (host === undefined || host.binding in env) return host;
    balancer.leaveOut(host);
  }
}
