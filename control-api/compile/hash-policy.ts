/** consistentHash of the DestinationRules behind a route → the route's hash policies. */
import type { HashPolicy } from '../../gateway/snapshot.ts';
import { wholeMs } from './duration.ts';
import { resolveHost } from './names.ts';
import type { Bound } from './routes.ts';
import type { ConsistentHashSpec, DestinationSpec, RouteDestinationSpec } from './spec.ts';
import { mergePolicy } from './traffic-policy.ts';

/** One for each destination that hashes, in their order; a weighted destination without weight gets no request and asks for none. */
export function hashPolicies(route: RouteDestinationSpec[], namespace: string, bound: Bound): HashPolicy[] {
  const counted = route.length > 1 ? route.filter(({ weight }) => weight) : route;
  return counted.flatMap(({ destination }) => {
    const hash = destination && consistentHash(destination, namespace, bound);
    const policy = hash && hashPolicy(hash);
    return policy ? [policy] : [];
  });
}

function consistentHash({ host, port, subset }: DestinationSpec, namespace: string, bound: Bound) {
  const name = resolveHost(host, namespace, bound.input.identity.clusterDomain);
  const service = bound.lookups.service(name);
  const rule = service && bound.lookups.rule(service);
  if (!rule) return undefined;
  const number = port?.number ?? (service.ports.length === 1 ? service.ports[0]?.number : undefined) ?? bound.port;
  const policy = mergePolicy(undefined, rule.trafficPolicy, number);
  const own = rule.subsets.find(({ name: subsetName }) => subsetName === subset)?.trafficPolicy;
  return mergePolicy(policy, own, number).loadBalancer?.consistentHash;
}

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
