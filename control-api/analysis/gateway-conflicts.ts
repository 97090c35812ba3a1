/** Two Gateways that select the same proxies and want the same host on the same port (IST0145). */

import { compare } from '../compile/names.ts';
import { keyOf, NETWORKING, ofKind } from '../compile/select.ts';
import type { GatewaySpec } from '../compile/spec.ts';
import type { Resource } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

interface Claim {
  gateway: Resource<GatewaySpec>;
  index: number;
  selector: string;
  port: number;
  hosts: string[];
}

export function gatewayConflicts({ input }: Scene): Finding[] {
  const claims = ofKind<GatewaySpec>(input, NETWORKING, 'Gateway').flatMap(claimsOf);
  const rivals = Map.groupBy(claims, ({ selector, port }) => `${port} ${selector}`);
  return [...rivals.values()].flatMap((group) => group.flatMap((claim) => conflict(claim, group)));
}

function claimsOf(gateway: Resource<GatewaySpec>): Claim[] {
  const selector = Object.entries(gateway.spec.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort(compare)
    .join(',');
  return (gateway.spec.servers ?? []).map(({ port, hosts }, index) => ({
    gateway,
    index,
    selector,
    port: port?.number,
    hosts,
  }));
}

/** Equal hosts only: a narrower name beside a wider one is how wildcards are meant to be used. */
function conflict(claim: Claim, group: readonly Claim[]): Finding[] {
  const common = new Map<string, string[]>();
  for (const other of group) {
    if (other.gateway === claim.gateway) continue;
    const shared = claim.hosts.filter((host) => other.hosts.includes(host));
    if (shared.length > 0) common.set(keyOf(other.gateway), shared);
  }
  if (common.size === 0) return [];
  const args = {
    gateways: [...common.keys()].join(','),
    selector: claim.selector,
    port: claim.port,
    hosts: [...new Set([...common.values()].flat())].join(','),
  };
  return [finding('ConflictingGateways', args, about(claim.gateway, ['spec', 'servers', claim.index]))];
}
