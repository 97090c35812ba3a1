/** Says of every resource that no other processor has placed where it is carried out. Comes last. */
import { describe, type Resource } from '../resources/resource.ts';
import { isWildcard, resolveHost, subsetOf } from './names.ts';
import { selectsProxy, type TargetedSpec } from './policies/scope.ts';
import type { CompileInput, Draft, Placement, Processor } from './processor.ts';
import { hasLabels } from './select.ts';
import type { DestinationRuleSpec, ServiceEntrySpec } from './spec.ts';
import { exportedTo, isVisible } from './visibility.ts';

type Place = Omit<Placement, 'resource'>;
/** @param behind hosts that the mesh entry reaches */
type Placer = (resource: Resource, input: CompileInput, draft: Draft, behind: ReadonlySet<string>) => Place;

export const placements: Processor = {
  name: 'placements',
  reason: 'speaks only of what nobody else has spoken of',
  run(input, draft) {
    const placed = new Set<string>();
    for (const { resource } of draft.placements) if (!resource.startsWith('VirtualService ')) placed.add(resource);
    const behind = hostsBehindEntry(draft);
    const known = draft.memo.table<Placement>('placements');
    for (const resource of input.resources) {
      if (isPlacedWithHosts(resource)) continue;
      const name = describe(resource);
      const placer = PLACERS[resource.kind];
      if (!placer || placed.has(name)) continue;
      const place = placer(resource, input, draft, behind);
      draft.placements.push(known(resource, Object.values(place), () => ({ resource: name, ...place })));
    }
  },
};

/** The processor of VirtualServices places every one with hosts; they are too many to ask for each. */
const isPlacedWithHosts = ({ kind, spec }: Resource): boolean =>
  kind === 'VirtualService' && ((spec.hosts as string[] | undefined)?.length ?? 0) > 0;

const edge = (reason: string): Place => ({ where: 'edge', reason });
const cluster = (reason: string): Place => ({ where: 'cluster', reason });
const always =
  (place: Place): Placer =>
  () =>
    place;

/** Secrets, ConfigMaps, Namespaces and Pods are material of others and placed nowhere. */
const PLACERS: Record<string, Placer> = {
  // Those with hosts are placed where they are bound.
  VirtualService: always(edge('a delegate: its routes stand where other VirtualServices name it')),
  ServiceEntry: placeServiceEntry,
  WorkloadEntry: always(edge('its address is an endpoint of the ServiceEntries that select it')),
  Service: always(edge('a destination: its endpoints where EndpointSlices are given, else the mesh entry')),
  EndpointSlice: always(edge('its addresses are endpoints of its Service')),
  DestinationRule: placeDestinationRule,
  Sidecar: always(cluster('only sidecars read it')),
  PeerAuthentication: always(cluster('mutual TLS between workloads is for their sidecars to enforce')),
  WorkloadGroup: always(cluster('only a cluster makes WorkloadEntries from it')),
  ProxyConfig: always({
    where: 'unsupported',
    reason: 'there is no proxy process whose concurrency, environment or image it could set',
  }),
  EnvoyFilter: placePolicy,
  Telemetry: always(cluster('applies to other workloads, or an older one without a selector goes first')),
  WasmPlugin: placePolicy,
  TrafficExtension: placePolicy,
};

function placeServiceEntry({ metadata, spec }: Resource, { mesh, identity }: CompileInput): Place {
  const { exportTo } = spec as Partial<ServiceEntrySpec>;
  const exported = exportedTo(exportTo, metadata.namespace, mesh.defaultServiceExportTo);
  return isVisible(exported, identity.namespace)
    ? edge('a destination of this gateway')
    : cluster('not exported to the namespace of this proxy');
}

function hostsBehindEntry({ snapshot: { clusters } }: Draft): Set<string> {
  const behind = Object.values(clusters).filter(
    ({ resolution, endpoints }) => resolution === 'MESH' && endpoints.length > 0,
  );
  return new Set(behind.map(({ host }) => host));
}

/** In use when it holds for some service here; a rule for nobody's host is the cluster's. */
function placeDestinationRule(
  resource: Resource,
  { identity }: CompileInput,
  draft: Draft,
  behind: ReadonlySet<string>,
): Place {
  const { host } = resource.spec as unknown as DestinationRuleSpec;
  const name = resolveHost(host, resource.metadata.namespace, identity.clusterDomain);
  if (behind.has(name) || (isWildcard(name) && [...behind].some((one) => subsetOf(one, name))))
    return cluster('its host is behind the mesh entry, which carries it out');
  return draft.destinationRules.inUse(resource)
    ? edge('holds for the clusters of its host')
    : cluster(`holds for no service of this gateway: ${name} is unknown, not exported, or another rule goes first`);
}

/** EnvoyFilter alone says `workloadSelector.labels` where the others say `selector.matchLabels`. */
function placePolicy(resource: Resource, { identity }: CompileInput): Place {
  const { workloadSelector } = resource.spec as { workloadSelector?: { labels?: Record<string, string> } };
  const ours =
    selectsProxy(resource as unknown as Resource<TargetedSpec>, identity) &&
    hasLabels(identity.labels, workloadSelector?.labels);
  return ours ? edge('applies to this gateway') : cluster('applies to other workloads, whose proxies carry it out');
}
