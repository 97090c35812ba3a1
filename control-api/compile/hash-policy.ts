/** consistentHash of the DestinationRules behind a route → the route's hash policies. */
import type { HashPolicy } from '../../gateway/snapshot.ts';
import { wholeMs } from './duration.ts';
import { resolveHost } from './names.ts';
import type { Bound } from './routes.ts';
import type { ConsistentHashSpec, DestinationSpec, RouteDestinationSpec, TrafficPolicySpec } from './spec.ts';

/** One for each destination that hashes, in their order; a weighted destination without weight gets no request and asks for none. */
export function consistentHashes(route: RouteDestinationSpec[], namespace: string, bound: Bound): ConsistentHashSpec[] {
  const counted = route.length > 1 ? route.filter(({ weight }) => weight) : route;
  return counted.flatMap(({ destination }) => (destination && consistentHash(destination, namespace, bound)) ?? []);
}

/**
 * What a route hashes is looked up apart from what its cluster balances by: the most specific level that hashes wins, however a
 * level between balances, and a port's settings hold only where the destination names the port. Istio: HashForHTTPDestination.
 */
function consistentHash({ host, port, subset }: DestinationSpec, namespace: string, bound: Bound) {
  const name = resolveHost(host, namespace, bound.input.identity.clusterDomain);
  const service = bound.lookups.service(name);
  const rule = service && bound.lookups.rule(service);
  if (!rule) return undefined;
  const own = subset ? rule.subsets.find((one) => one.name === subset)?.trafficPolicy : undefined;
  const levels = [own && atPort(own, port?.number), own, atPort(rule.trafficPolicy, port?.number), rule.trafficPolicy];
  return levels.map((level) => level?.loadBalancer?.consistentHash).find((hash) => hash !== undefined);
}

const atPort = (policy: TrafficPolicySpec | undefined, number: number | undefined) =>
  number ? policy?.portLevelSettings?.find((settings) => settings.port?.number === number) : undefined;

/** Nothing for `useSourceIp: false`, which hashes nothing. */
export function hashPolicy(spec: ConsistentHashSpec): HashPolicy | undefined {
  if (spec.httpHeaderName) return { kind: 'header', name: spec.httpHeaderName.toLowerCase() };
  if (spec.httpQueryParameterName) return { kind: 'queryParameter', name: spec.httpQueryParameterName };
  if (spec.useSourceIp) return { kind: 'sourceIp' };
  if (!spec.httpCookie) return undefined;
  const { name = '', path, ttl, attributes = [] } = spec.httpCookie;
  const ttlMs = wholeMs(ttl);
  return {
    kind: 'cookie',
    name,
    ...(path && { path }),
    ...(ttlMs !== undefined && { ttlMs }),
    ...(attributes.length > 0 && {
      attributes: attributes.map((attribute) => ({ name: attribute.name ?? '', value: attribute.value ?? '' })),
    }),
  };
}
