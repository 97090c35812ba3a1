/** VirtualServices whose Gateway is not there (IST0101), or whose hosts the Gateway does not have (IST0132). */
import { hostIndex } from '../compile/host-index.ts';
import { resolveGateway, resolveHost } from '../compile/names.ts';
import { keyOf, NETWORKING, ofKind } from '../compile/select.ts';
import type { GatewaySpec, VirtualServiceSpec } from '../compile/spec.ts';
import type { Resource } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

type Covers = (host: string, namespace: string) => boolean;
type VirtualService = Resource<VirtualServiceSpec>;

export function gatewayBindings({ input }: Scene): Finding[] {
  const gateways = new Map<string, Covers>(
    ofKind<GatewaySpec>(input, NETWORKING, 'Gateway').map((gateway) => [keyOf(gateway), coverage(gateway)]),
  );
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) =>
    bindingsOf(virtualService, gateways, input.identity.clusterDomain),
  );
}

/** Istio speaks up only where a Gateway has none of the hosts; a host that no Gateway has is a 404 all the same. */
function bindingsOf(virtualService: VirtualService, gateways: ReadonlyMap<string, Covers>, domain: string): Finding[] {
  const { namespace } = virtualService.metadata;
  const { hosts = [], gateways: written = [] } = virtualService.spec;
  const findings: Finding[] = [];
  const covered = new Set<string>();
  for (const [index, name] of written.entries()) {
    if (name === 'mesh') continue;
    const gateway = resolveGateway(name, namespace);
    const covers = gateways.get(gateway);
    if (!covers) {
      const args = { type: 'gateway', name: gateway };
      findings.push(finding('ReferencedResourceNotFound', args, about(virtualService, ['spec', 'gateways', index])));
    }
    const found = hosts.filter((host) => covers?.(resolveHost(host, namespace, domain), namespace));
    for (const host of found) covered.add(host);
    if (found.length > 0 || hosts.length === 0) continue;
    const args = { hosts: hosts.join(' '), virtualService: keyOf(virtualService), gateway };
    findings.push(finding('VirtualServiceHostNotFoundInGateway', args, about(virtualService, ['spec', 'hosts'])));
  }
  if (covered.size === 0) return findings;
  for (const [index, host] of hosts.entries()) {
    if (covered.has(host) || written.includes('mesh')) continue;
    findings.push(finding('HostNotCovered', { host }, about(virtualService, ['spec', 'hosts', index])));
  }
  return findings;
}

function coverage(gateway: Resource<GatewaySpec>): Covers {
  const { namespace } = gateway.metadata;
  const hosts = (gateway.spec.servers ?? []).flatMap((server) =>
    (server.hosts ?? []).map((host) => (host.startsWith('./') ? `${namespace}/${host.slice(2)}` : host)),
  );
  const intersect = hostIndex(hosts);
  return (host, from) => intersect([host], from).length > 0;
}
