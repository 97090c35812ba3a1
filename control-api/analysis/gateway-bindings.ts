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

export function gatewayBindings({ input }: Scene): Finding[] {
  const gateways = new Map<string, Covers>(
    ofKind<GatewaySpec>(input, NETWORKING, 'Gateway').map((gateway) => [keyOf(gateway), coverage(gateway)]),
  );
  const nobody: Covers = () => false;
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) => {
    const { metadata, spec } = virtualService;
    return [...(spec.gateways ?? []).entries()].flatMap(([index, written]) => {
      if (written === 'mesh') return [];
      const gateway = resolveGateway(written, metadata.namespace);
      const covers = gateways.get(gateway);
      const missing = (spec.hosts ?? []).filter((host) => {
        const full = resolveHost(host, metadata.namespace, input.identity.clusterDomain);
        return !(covers ?? nobody)(full.toLowerCase(), metadata.namespace);
      });
      const findings: Finding[] = [];
      const place = about(virtualService, ['spec', 'gateways', index]);
      if (!covers) findings.push(finding('ReferencedResourceNotFound', { type: 'gateway', name: gateway }, place));
      if (missing.length > 0) {
        const args = { hosts: missing.join(' '), virtualService: keyOf(virtualService), gateway };
        findings.push(finding('VirtualServiceHostNotFoundInGateway', args, about(virtualService, ['spec', 'hosts'])));
      }
      return findings;
    });
  });
}

function coverage(gateway: Resource<GatewaySpec>): Covers {
  const { namespace } = gateway.metadata;
  const hosts = (gateway.spec.servers ?? []).flatMap((server) =>
    (server.hosts ?? []).map((host) => (host.startsWith('./') ? `${namespace}/${host.slice(2)}` : host)),
  );
  const intersect = hostIndex(hosts);
  return (host, from) => intersect([host], from).length > 0;
}
