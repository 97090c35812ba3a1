/** ServiceEntry, with WorkloadEntries where a workloadSelector asks for them. */
import type { Endpoint } from '../../gateway/snapshot.ts';
import type { Resource } from '../resources/resource.ts';
import { sortKeys } from './identify.ts';
import { type Memo, NO_MEMO } from './memo.ts';
import { isWildcard } from './names.ts';
import type { CompileInput } from './processor.ts';
import { hasLabels, NETWORKING, ofKind } from './select.ts';
import type { Service, ServicePort } from './services.ts';
import type { PortSpec, ServiceEntrySpec, WorkloadEntrySpec } from './spec.ts';
import { exportedTo } from './visibility.ts';

type ServiceEntry = Resource<ServiceEntrySpec>;
type WorkloadEntry = Resource<WorkloadEntrySpec>;

/** One Service for each host. `hosts` are names, never shortened: a host without a dot stays as it is. */
export function serviceEntryServices(input: CompileInput, memo: Memo = NO_MEMO): Service[] {
  const workloads = ofKind<WorkloadEntrySpec>(input, NETWORKING, 'WorkloadEntry');
  const known = memo.table<Service[]>('services of service entries');
  return ofKind<ServiceEntrySpec>(input, NETWORKING, 'ServiceEntry').flatMap((entry) => {
    const selected = entry.spec.workloadSelector ? workloads.filter((workload) => selects(entry, workload)) : [];
    return known(entry, selected, () => servicesOf(entry, selected, input));
  });
}

function servicesOf(entry: ServiceEntry, workloads: readonly WorkloadEntry[], { mesh }: CompileInput): Service[] {
  const selected = endpointsOf(entry, workloads);
  const resolution = resolutionOf(entry.spec.resolution);
  const ports = entry.spec.ports ?? [];
  const shared = {
    namespace: entry.metadata.namespace,
    ports: ports.map(servicePort),
    resolution,
    registry: 'ServiceEntry' as const,
    exported: exportedTo(entry.spec.exportTo, entry.metadata.namespace, mesh.defaultServiceExportTo),
    source: entry as unknown as Resource,
  };
  return (entry.spec.hosts ?? []).map((host): Service => {
    const endpoints = (port: ServicePort) => {
      const declared = ports.find(({ number }) => number === port.number);
      return selected.length > 0 || resolution !== 'DNS' || isWildcard(host)
        ? selected.map((endpoint) => endpointAt(endpoint, port, declared?.targetPort))
        : [endpointAt({ address: host }, port, declared?.targetPort)];
    };
    return { ...shared, host, endpoints };
  });
}

const servicePort = ({ number, name = '', protocol = '' }: PortSpec): ServicePort => ({ number, name, protocol });

function endpointsOf({ spec }: ServiceEntry, workloads: readonly WorkloadEntry[]): WorkloadEntrySpec[] {
  if (!spec.workloadSelector) return spec.endpoints ?? [];
  return workloads.map((workload) => ({ ...workload.spec, labels: labelsOf(workload) }));
}

function selects({ metadata, spec }: ServiceEntry, workload: WorkloadEntry): boolean {
  if (workload.metadata.namespace !== metadata.namespace) return false;
  return hasLabels(labelsOf(workload), spec.workloadSelector?.labels);
}

/** The object's own labels go before those it gives (pilot: convertWorkloadEntry). */
const labelsOf = ({ metadata, spec }: WorkloadEntry): Record<string, string> => ({
  ...spec.labels,
  ...metadata.labels,
});

/** DYNAMIC_DNS and DNS_ROUND_ROBIN differ from DNS in how Envoy keeps the answers, not in where a request goes. */
function resolutionOf(resolution = 'NONE'): Service['resolution'] {
  if (resolution === 'STATIC') return 'STATIC';
  return resolution.includes('DNS') ? 'DNS' : 'NONE';
}

/** The endpoint's own port of that name, else the service port's targetPort, else the service port. */
function endpointAt(entry: WorkloadEntrySpec, port: ServicePort, targetPort: number | undefined): Endpoint {
  const endpoint: Endpoint = {
    address: entry.address ?? '',
    port: entry.ports?.[port.name] ?? (targetPort || port.number),
    labels: sortKeys(entry.labels ?? {}),
    weight: entry.weight || 1,
  };
  if (entry.locality) endpoint.locality = entry.locality;
  return endpoint;
}
