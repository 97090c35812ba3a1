/** Several VirtualServices for one host on the mesh gateway: sidecars take only one of them (IST0109). */
import { resolveHost } from '../compile/names.ts';
import { keyOf, NETWORKING, ofKind } from '../compile/select.ts';
import type { VirtualServiceSpec } from '../compile/spec.ts';
import { exportedTo } from '../compile/visibility.ts';
import type { Resource } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

type VirtualService = Resource<VirtualServiceSpec>;

export function meshConflicts({ input }: Scene): Finding[] {
  const claims = new Map<string, Set<VirtualService>>();
  for (const virtualService of ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService')) {
    const { metadata, spec } = virtualService;
    if (spec.gateways?.length && !spec.gateways.includes('mesh')) continue;
    for (const scope of exportedTo(spec.exportTo, metadata.namespace)) {
      for (const host of spec.hosts ?? []) {
        const key = `${scope}/${resolveHost(host, metadata.namespace, input.identity.clusterDomain)}`;
        claims.set(key, (claims.get(key) ?? new Set()).add(virtualService));
      }
    }
  }
  return [...claims].flatMap(([host, rivals]) => (rivals.size > 1 ? conflict(host, [...rivals]) : []));
}

function conflict(host: string, rivals: VirtualService[]): Finding[] {
  const names = rivals.map(keyOf).sort().join(',');
  return rivals.map((rival) =>
    finding('ConflictingMeshHosts', { virtualServices: names, host }, about(rival, ['spec', 'hosts'])),
  );
}
