/** Destinations whose host, port or subset is not there (IST0101), or whose port is not clear (IST0112). */
import { DestinationRules } from '../compile/destination-rules.ts';
import { kubernetesServices } from '../compile/kubernetes-services.ts';
import { isMeshEntry } from '../compile/mesh-entry.ts';
import { mostSpecificMatch, resolveHost } from '../compile/names.ts';
import type { CompileInput } from '../compile/processor.ts';
import { byAge, NETWORKING, ofKind } from '../compile/select.ts';
import { serviceEntryServices } from '../compile/service-entries.ts';
import type { Service } from '../compile/services.ts';
import type { DestinationRuleSpec, DestinationSpec, VirtualServiceSpec } from '../compile/spec.ts';
import type { FieldPath, Resource } from '../resources/resource.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

type VirtualService = Resource<VirtualServiceSpec>;
interface Named {
  destination: DestinationSpec;
  path: FieldPath;
  kind: 'host' | 'mirror host';
}
interface Known {
  services: Map<string, Service>;
  rules: DestinationRules;
  /** Where somebody gave us Services, a missing one is a mistake; elsewhere it is only unknown to us. */
  namespaces: Set<string>;
  clusterSuffix: string;
  hasMeshEntry: boolean;
}

export function destinations({ input }: Scene): Finding[] {
  const known = knownTo(input);
  return ofKind<VirtualServiceSpec>(input, NETWORKING, 'VirtualService').flatMap((virtualService) =>
    [...destinationsOf(virtualService)].flatMap((named) => check(named, virtualService, known, input)),
  );
}

function knownTo(input: CompileInput): Known {
  const rules = ofKind<DestinationRuleSpec>(input, NETWORKING, 'DestinationRule').sort(byAge);
  const kubernetes = kubernetesServices(input);
  return {
    services: new Map([...serviceEntryServices(input), ...kubernetes].map((service) => [service.host, service])),
    rules: new DestinationRules(rules, input.identity, input.mesh.defaultDestinationRuleExportTo),
    namespaces: new Set(kubernetes.map(({ namespace }) => namespace)),
    clusterSuffix: `.svc.${input.identity.clusterDomain}`,
    hasMeshEntry: input.resources.some(isMeshEntry),
  };
}

function check({ destination, path, kind }: Named, virtualService: VirtualService, known: Known, input: CompileInput) {
  const { namespace } = virtualService.metadata;
  const host = resolveHost(destination.host, namespace, input.identity.clusterDomain);
  const service = mostSpecificMatch(host, known.services);
  const place = about(virtualService, path);
  const findings: Finding[] = [];
  if (service) findings.push(...portFindings(destination, service, place));
  else if (mayBeElsewhere(host, known))
    findings.push(...(known.hasMeshEntry ? [] : unknownHost(host, virtualService, place)));
  else findings.push(finding('ReferencedResourceNotFound', { type: kind, name: destination.host }, place));
  const isOutOfSight = service === undefined && known.hasMeshEntry;
  if (
    destination.subset &&
    !isOutOfSight &&
    !hasSubset(known.rules, host, service?.namespace ?? namespace, destination.subset)
  ) {
    const args = { type: 'host+subset in destinationrule', name: `${destination.host}+${destination.subset}` };
    findings.push(finding('ReferencedResourceNotFound', args, place));
  }
  return findings;
}

/** Only routes of a Gateway are served here; the cluster knows the hosts of the others. */
function unknownHost(host: string, { spec }: VirtualService, place: Partial<Finding>): Finding[] {
  const isBound = spec.gateways?.some((name) => name !== 'mesh') ?? false;
  return isBound ? [finding('UnknownHost', { host }, place)] : [];
}

/** A service of a namespace of which we were given none. */
function mayBeElsewhere(host: string, { namespaces, clusterSuffix }: Known): boolean {
  const [, namespace = ''] = host.split('.');
  return host.endsWith(clusterSuffix) && !namespaces.has(namespace);
}

function portFindings({ host, port }: DestinationSpec, { ports }: Service, place: Partial<Finding>): Finding[] {
  const numbers = ports.map(({ number }) => number);
  if (port?.number === undefined) {
    return numbers.length > 1 ? [finding('DestinationPortRequired', { host, ports: numbers.join(' ') }, place)] : [];
  }
  const args = { type: 'host:port', name: `${host}:${port.number}` };
  return numbers.includes(port.number) ? [] : [finding('ReferencedResourceNotFound', args, place)];
}

const hasSubset = (rules: DestinationRules, host: string, namespace: string, subset: string): boolean =>
  rules.forService({ host, namespace })?.subsets.some(({ name }) => name === subset) ?? false;

function* destinationsOf({ spec }: VirtualService): Generator<Named> {
  for (const [rule, http] of (spec.http ?? []).entries()) {
    const path = ['spec', 'http', rule];
    for (const [index, { destination }] of (http.route ?? []).entries()) {
      if (destination) yield { destination, path: [...path, 'route', index, 'destination'], kind: 'host' };
    }
    if (http.mirror) yield { destination: http.mirror, path: [...path, 'mirror'], kind: 'mirror host' };
    for (const [index, { destination }] of (http.mirrors ?? []).entries()) {
      if (destination) yield { destination, path: [...path, 'mirrors', index, 'destination'], kind: 'mirror host' };
    }
  }
}
