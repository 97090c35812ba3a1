/** Clusters: one for each port of a visible service, and one more for each subset of its DestinationRule. */
import type { Cluster, Endpoint } from '../../gateway/snapshot.ts';
import type { MergedRule } from './destination-rules.ts';
import { clusterName, compare } from './names.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { hasLabels } from './select.ts';
import type { Service, ServicePort } from './services.ts';
import type { TrafficPolicySpec } from './spec.ts';
import { clusterPolicy, mergePolicy, withMeshDefaults } from './traffic-policy.ts';

/** Everything visible, not only what routes name: policies, filters and mirrors name clusters too. */
export const clusters: Processor = {
  name: 'clusters',
  reason: 'after services and destination rules, which it joins',
  run(input: CompileInput, draft: Draft) {
    const found = new Map<string, Cluster>();
    const known = draft.memo.table<Cluster[]>('clusters of services');
    for (const [owner, parts] of draft.services.visible()) {
      // Routes to an ExternalName Service go to the cluster of the name, if somebody declares it.
      if (owner.alias) continue;
      const rule = draft.destinationRules.forService(owner);
      const made = [...parts, ...(rule?.sources ?? [])];
      for (const cluster of known(owner, made, () => [...clustersOf(owner, parts, rule, input)])) {
        if (!found.has(cluster.name)) found.set(cluster.name, cluster);
      }
    }
    const sorted = [...found].sort(([a], [b]) => compare(a, b));
    draft.snapshot.clusters = { ...draft.snapshot.clusters, ...Object.fromEntries(sorted) };
  },
};

function* clustersOf(
  owner: Service,
  parts: Service[],
  rule: MergedRule | undefined,
  input: CompileInput,
): Generator<Cluster> {
  for (const port of uniquePorts(parts).filter(({ protocol }) => protocol.toUpperCase() !== 'UDP')) {
    const endpoints = parts.flatMap((part) =>
      part.ports.some((own) => samePort(own, port)) ? part.endpoints(port) : [],
    );
    const policy = withMeshDefaults(mergePolicy(undefined, rule?.trafficPolicy, port.number), input.mesh);
    const base = { host: owner.host, port: port.number, resolution: resolutionOf(owner) };
    const lost = isPassthrough(policy);
    yield {
      name: clusterName(owner.host, port.number),
      ...base,
      ...(lost ? NOWHERE : { endpoints: sortEndpoints(endpoints) }),
      ...clusterPolicy(policy, input.mesh, input.identity),
    };
    for (const subset of rule?.subsets ?? []) {
      const own = mergePolicy(policy, subset.trafficPolicy, port.number);
      const selected = () => endpoints.filter(({ labels }) => hasLabels(labels, subset.labels));
      yield {
        name: clusterName(owner.host, port.number, subset.name),
        ...base,
        subset: subset.name,
        ...(lost || isPassthrough(own) ? NOWHERE : { endpoints: sortEndpoints(selected()) }),
        ...clusterPolicy(own, input.mesh, input.identity),
      };
    }
  }
}

/** It asks for the client's original destination, which a gateway has not; subsets keep what their service has (pilot: buildSubsetCluster). */
const isPassthrough = ({ loadBalancer }: TrafficPolicySpec): boolean => loadBalancer?.simple === 'PASSTHROUGH';
const NOWHERE = { resolution: 'STATIC', endpoints: [] } satisfies Partial<Cluster>;

/** NONE needs the client's original destination, which nobody knows at the edge: no endpoint, so "no healthy upstream". */
function resolutionOf({ resolution }: Service): Cluster['resolution'] {
  return resolution === 'DNS' ? 'DNS' : resolution === 'MESH' ? 'MESH' : 'STATIC';
}

const samePort = (a: ServicePort, b: ServicePort): boolean => a.number === b.number;

function uniquePorts(parts: Service[]): ServicePort[] {
  const ports = new Map<number, ServicePort>();
  for (const port of parts.flatMap((part) => part.ports)) if (!ports.has(port.number)) ports.set(port.number, port);
  return [...ports.values()];
}

function sortEndpoints(endpoints: Endpoint[]): Endpoint[] {
  return endpoints.toSorted((a, b) => compare(a.address, b.address) || a.port - b.port);
}
