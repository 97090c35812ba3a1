/** The services this proxy may send to, from ServiceEntries and from Kubernetes' Services with their EndpointSlices. */
import type { Endpoint } from '../../gateway/snapshot.ts';
import type { Resource } from '../resources/resource.ts';
import { kubernetesServices } from './kubernetes-services.ts';
import { compare } from './names.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';
import { byAge } from './select.ts';
import { serviceEntryServices } from './service-entries.ts';
import { isVisible } from './visibility.ts';

export interface ServicePort {
  number: number;
  name: string;
  protocol: string;
}

/** One host of one resource. Several resources may declare the same host. */
export interface Service {
  host: string;
  namespace: string;
  ports: ServicePort[];
  resolution: 'STATIC' | 'DNS' | 'NONE' | 'MESH';
  registry: 'ServiceEntry' | 'Kubernetes';
  /** exportTo with `.` resolved. */
  exported: ReadonlySet<string>;
  /** A Kubernetes ExternalName Service: the routes that name it go to this host's cluster. */
  alias?: string;
  source: Resource;
  endpoints(port: ServicePort): Endpoint[];
}

/** What the other processors ask about services. */
export class ServiceRegistry {
  readonly #byHost = new Map<string, Service[]>();
  readonly #owners = new Map<string, Service>();
  /** Some service is another name for a host. */
  readonly hasAliases: boolean;

  /** @param services all of them, oldest first; @param namespace the proxy's, which exportTo is judged against. */
  constructor(services: readonly Service[] = [], namespace = '') {
    for (const service of services) this.#add(service, namespace);
    this.hasAliases = services.some(({ alias }) => alias !== undefined);
  }

  #add(service: Service, namespace: string): void {
    const same = this.#byHost.get(service.host);
    if (same) same.push(service);
    else this.#byHost.set(service.host, [service]);
    if (!isVisible(service.exported, namespace)) return;
    const owner = this.#owners.get(service.host);
    if (owner?.registry === 'ServiceEntry' && service.registry === 'Kubernetes')
      this.#owners.set(service.host, service);
    if (!owner) this.#owners.set(service.host, service);
  }

  /** The service that a host means to this proxy: the oldest visible one, but a Kubernetes Service before any ServiceEntry. */
  lookup(host: string): Service | undefined {
    return this.#owners.get(host);
  }

  /** Whether anybody declares the host, visible or not. */
  has(host: string): boolean {
    return this.#byHost.has(host);
  }

  /** The hosts this proxy sees, each with every resource of the owner's namespace that declares it (Istio merges those). */
  *visible(): Generator<[owner: Service, parts: Service[]]> {
    for (const owner of this.#owners.values()) {
      const parts = (this.#byHost.get(owner.host) ?? [owner]).filter(
        (part) => part.namespace === owner.namespace && part.registry === owner.registry,
      );
      yield [owner, parts];
    }
  }
}

/** By age, then by name, which of a ServiceEntry's services is the host, then by namespace. Istio: SortServicesByCreationTime. */
function inIstiosOrder(a: Service, b: Service): number {
  const [left, right] = [a.source.metadata, b.source.metadata];
  return (
    compare(left.creationTimestamp, right.creationTimestamp) ||
    compare(nameOf(a), nameOf(b)) ||
    compare(a.namespace, b.namespace) ||
    byAge(a.source, b.source)
  );
}

const nameOf = ({ registry, host, source }: Service): string =>
  registry === 'ServiceEntry' ? host : source.metadata.name;

export const services: Processor = {
  name: 'services',
  reason: 'routes ask for the ports of a service, clusters for its endpoints',
  run(input: CompileInput, draft: Draft) {
    const all = [...serviceEntryServices(input, draft.memo), ...kubernetesServices(input, draft.memo)];
    all.sort(inIstiosOrder);
    const registry = () => new ServiceRegistry(all, input.identity.namespace);
    draft.services = draft.memo.value('service registry', all, registry);
  },
};
