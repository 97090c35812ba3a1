/** Kubernetes Services with their EndpointSlices, when a user gives them. Labels for subsets come from the Pods, where given too. */
import type { Endpoint } from '../../gateway/snapshot.ts';
import type { Resource } from '../resources/resource.ts';
import { sortKeys } from './identify.ts';
import { type Memo, NO_MEMO } from './memo.ts';
import type { CompileInput } from './processor.ts';
import { keyOf, ofKind } from './select.ts';
import type { Service, ServicePort } from './services.ts';
import { exportedTo } from './visibility.ts';

interface KubernetesServiceSpec {
  spec?: {
    type?: string;
    externalName?: string;
    ports?: { port: number; name?: string; appProtocol?: string; protocol?: string }[];
  };
}
interface EndpointSliceSpec {
  addressType?: string;
  endpoints?: {
    addresses?: string[];
    conditions?: { ready?: boolean };
    targetRef?: { kind?: string; name?: string };
  }[];
  ports?: { name?: string; port?: number }[];
}
type Slice = Resource<EndpointSliceSpec>;

/** Kubernetes' own kinds come unchecked: what is no list of objects is none. */
const objects = <T extends object>(value: T[] | undefined): T[] =>
  Array.isArray(value) ? value.filter((item) => item !== null && typeof item === 'object') : [];
const isPort = (port: unknown): port is number => Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A Service without any slice is somewhere in the cluster: its clusters are reached through the mesh entry. */
export function kubernetesServices(input: CompileInput, memo: Memo = NO_MEMO): Service[] {
  const slices = Map.groupBy(ofKind<EndpointSliceSpec>(input, 'discovery.k8s.io', 'EndpointSlice'), serviceOfSlice);
  const all = ofKind(input, '', 'Pod');
  const pods = memo.value('pods', all, () => new Map(all.map((pod) => [keyOf(pod), sortKeys(pod.metadata.labels)])));
  const known = memo.table<Service>('kubernetes services');
  return ofKind<KubernetesServiceSpec>(input, '', 'Service').map((resource) => {
    const own = slices.get(keyOf(resource));
    return known(resource, [pods, ...(own ?? [])], () => serviceOf(resource, own, pods, input));
  });
}

function serviceOf(
  resource: Resource<KubernetesServiceSpec>,
  own: readonly Slice[] | undefined,
  pods: ReadonlyMap<string, Record<string, string>>,
  { identity, mesh }: CompileInput,
): Service {
  const { metadata, spec } = resource;
  const external = spec.spec?.type === 'ExternalName' ? text(spec.spec.externalName) : '';
  const service: Service = {
    host: `${metadata.name}.${metadata.namespace}.svc.${identity.clusterDomain}`,
    namespace: metadata.namespace,
    ports: objects(spec.spec?.ports).flatMap(({ port, name, appProtocol, protocol }) =>
      isPort(port)
        ? [{ number: port, name: text(name), protocol: protocol === 'UDP' ? protocol : text(appProtocol) }]
        : [],
    ),
    resolution: own ? 'STATIC' : 'MESH',
    registry: 'Kubernetes',
    exported: exportedTo(exportAnnotation(resource), metadata.namespace, mesh.defaultServiceExportTo),
    source: resource as unknown as Resource,
    endpoints: (port) => (own ?? []).flatMap((slice) => endpointsOfSlice(slice, port, pods)),
  };
  return external ? { ...service, alias: external } : service;
}

const serviceOfSlice = ({ metadata }: Slice): string =>
  `${metadata.namespace}/${metadata.labels['kubernetes.io/service-name'] ?? ''}`;

const exportAnnotation = ({ metadata }: { metadata: Resource['metadata'] }): string[] | undefined =>
  metadata.annotations['networking.istio.io/exportTo']?.split(',').map((entry) => entry.trim());

function endpointsOfSlice(
  slice: Slice,
  port: ServicePort,
  pods: ReadonlyMap<string, Record<string, string>>,
): Endpoint[] {
  const target = objects(slice.spec.ports).find(({ name }) => text(name) === port.name)?.port;
  if (!isPort(target)) return [];
  return objects(slice.spec.endpoints)
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses, targetRef }) =>
      (Array.isArray(addresses) ? addresses : []).map((address) => ({
        address: String(address),
        port: target,
        labels: pods.get(`${slice.metadata.namespace}/${targetRef?.name ?? ''}`) ?? {},
        weight: 1,
      })),
    );
}
