/** The services of a route: Kubernetes Services, and TraefikServices that share or mirror. */
import type { HttpRouteSpec, RouteDestinationSpec } from '../../compile/spec.ts';
import type { Draft } from '../draft.ts';
import { ofKind, type Source } from '../source.ts';
import { type ServiceReference, TRAEFIK, type TraefikServiceSpec } from './spec.ts';

type Targets = Pick<HttpRouteSpec, 'route' | 'mirrors'>;

/** Undefined when one of them cannot be told; that is said. */
export function targetsOf(
  draft: Draft,
  from: Source<unknown>,
  services: readonly ServiceReference[],
): Targets | undefined {
  const all = services.map((service) => targetOf(draft, from, service));
  if (all.length === 0 || all.some((targets) => targets === undefined)) return undefined;
  const found = all as Targets[];
  const route = found.flatMap((targets, index) => weigh(targets.route ?? [], services, index));
  const mirrors = found.flatMap((targets) => targets.mirrors ?? []);
  return { route, ...(mirrors.length > 0 && { mirrors }) };
}

/** Weights are Traefik's own numbers: Istio's need no sum of 100 either. */
function weigh(
  route: RouteDestinationSpec[],
  services: readonly ServiceReference[],
  index: number,
): RouteDestinationSpec[] {
  if (services.length === 1) return route;
  const weight = services[index]!.weight ?? 1;
  const sum = route.reduce((total, entry) => total + (entry.weight ?? 0), 0);
  return route.map((entry) => ({ ...entry, weight: Math.round((weight * 100 * (entry.weight ?? 1)) / (sum || 1)) }));
}

function targetOf(draft: Draft, from: Source<unknown>, service: ServiceReference): Targets | undefined {
  const namespace = service.namespace ?? from.namespace;
  if (service.kind === 'TraefikService') return ofTraefikService(draft, from, service.name, namespace);
  const port =
    typeof service.port === 'string' ? { name: service.port } : { ...(service.port && { number: service.port }) };
  const destination = draft.destination(namespace, service.name, port);
  if (destination) return { route: [{ destination }] };
  draft.leave(from, ['spec', 'routes'], `the service ${service.name}: its port number is not known`);
  return undefined;
}

function ofTraefikService(draft: Draft, from: Source<unknown>, name: string, namespace: string): Targets | undefined {
  const found = ofKind<TraefikServiceSpec>(draft.sources, TRAEFIK, 'TraefikService').find(
    (source) => source.name === name && source.namespace === namespace,
  );
  if (found?.spec.weighted) return targetsOf(draft, found, found.spec.weighted.services ?? []);
  if (found?.spec.mirroring) return mirroring(draft, found, found.spec.mirroring);
  draft.leave(found ?? from, ['spec'], `the TraefikService ${name} neither shares nor mirrors, or is not there`);
  return undefined;
}

function mirroring(
  draft: Draft,
  source: Source<TraefikServiceSpec>,
  { mirrors = [], ...main }: NonNullable<TraefikServiceSpec['mirroring']>,
): Targets | undefined {
  const targets = targetOf(draft, source, main);
  const copies = mirrors.flatMap((mirror) => {
    const destination = targetOf(draft, source, mirror)?.route?.[0]?.destination;
    return destination ? [{ destination, percentage: { value: mirror.percent ?? 0 } }] : [];
  });
  return targets && { ...targets, mirrors: copies };
}
