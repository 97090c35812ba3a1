/** Destinations whose host nobody declares, or whose subset no DestinationRule defines (IST0101). */
import { DestinationRules } from '../compile/destination-rules.ts';
import { mostSpecificMatch, resolveHost } from '../compile/names.ts';
import { byAge, NETWORKING, ofKind } from '../compile/select.ts';
import type { DestinationRuleSpec, DestinationSpec, ServiceEntrySpec, VirtualServiceSpec } from '../compile/spec.ts';
import type { FieldPath, Resource } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

type VirtualService = Resource<VirtualServiceSpec>;

export function destinations({ input }: Scene): Finding[] {
  const rules = ofKind<DestinationRuleSpec>(input, NETWORKING, 'DestinationRule').sort(byAge);
  const index = new DestinationRules(rules, input.identity, input.mesh.defaultDestinationRuleExportTo);
  const known = knownHosts(input);
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) =>
    [...destinationsOf(virtualService)].flatMap(([destination, path]) => {
      const { namespace } = virtualService.metadata;
      const host = resolveHost(destination.host, namespace, input.identity.clusterDomain).toLowerCase();
      const findings: Finding[] = [];
      const place = about(virtualService, path);
      const owner = mostSpecificMatch(host, known);
      if (owner === undefined) {
        const args = { type: 'host', name: destination.host };
        findings.push(finding('ReferencedResourceNotFound', args, place));
      }
      if (destination.subset && !hasSubset(index, host, owner ?? namespace, destination.subset)) {
        const args = { type: 'host+subset in destinationrule', name: `${destination.host}+${destination.subset}` };
        findings.push(finding('ReferencedResourceNotFound', args, place));
      }
      return findings;
    }),
  );
}

const hasSubset = (index: DestinationRules, host: string, namespace: string, subset: string): boolean =>
  index.forService({ host, namespace })?.subsets.some(({ name }) => name === subset) ?? false;

/** Host → the namespace that declares it. */
function knownHosts({ resources, identity }: Scene['input']): Map<string, string> {
  const hosts = new Map<string, string>();
  for (const entry of ofKind<ServiceEntrySpec>({ resources }, NETWORKING, 'ServiceEntry')) {
    for (const host of entry.spec.hosts ?? []) hosts.set(host.toLowerCase(), entry.metadata.namespace);
  }
  for (const { metadata } of ofKind({ resources }, '', 'Service')) {
    hosts.set(`${metadata.name}.${metadata.namespace}.svc.${identity.clusterDomain}`, metadata.namespace);
  }
  return hosts;
}

function* destinationsOf({ spec }: VirtualService): Generator<[DestinationSpec, FieldPath]> {
  for (const [rule, http] of (spec.http ?? []).entries()) {
    const path = ['spec', 'http', rule];
    for (const [index, { destination }] of (http.route ?? []).entries()) {
      if (destination) yield [destination, [...path, 'route', index, 'destination']];
    }
    if (http.mirror) yield [http.mirror, [...path, 'mirror']];
    for (const [index, { destination }] of (http.mirrors ?? []).entries()) {
      if (destination) yield [destination, [...path, 'mirrors', index, 'destination']];
    }
  }
}
