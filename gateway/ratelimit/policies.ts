/** Which `rate_limits` count for a filter on a route: Envoy's precedence, worked out once for each route. */
import type { RouteScope } from '../phases.ts';
import type { PerFilterConfig, RateLimitPolicy, Route, VirtualHost } from '../snapshot.ts';
import { type DescriptorMaker, foldPolicy } from './actions/descriptor.ts';

type Inclusion = 'OVERRIDE' | 'INCLUDE' | 'IGNORE';

/**
 * The filter's own list (or that of RateLimitPerRoute) replaces all others and alone may set hits_addend. Otherwise the
 * route's, and the virtual host's when it is included or, by default, when the route has none.
 */
export function foldPolicies(
  scope: RouteScope,
  own: readonly RateLimitPolicy[],
  stage: number,
  vh: Inclusion,
): DescriptorMaker[] {
  if (own.length > 0) return own.map((policy) => foldPolicy(policy, true));
  return policiesOf(scope, vh)
    .filter((policy) => policy.stage === stage)
    .map((policy) => foldPolicy(policy, false));
}

/** Redirects and direct responses have none, not even the virtual host's (a real Envoy's have none). */
function policiesOf({ route, virtualHost }: RouteScope, vh: Inclusion): RateLimitPolicy[] {
  if (route?.action.kind !== 'forward') return [];
  const ofRoute = route.rateLimits ?? [];
  const ofHost = virtualHost?.rateLimits ?? [];
  if (route.includeVhRateLimits || vh === 'INCLUDE') return [...ofRoute, ...ofHost];
  if (vh === 'IGNORE' || ofRoute.length > 0) return ofRoute;
  return ofHost;
}

/** The most specific typed_per_filter_config under a filter's name; where no route takes the request there is none. */
export function perFilterConfig<Kind extends PerFilterConfig['kind']>(
  { route, virtualHost }: { route: Route | undefined; virtualHost: VirtualHost | undefined },
  name: string,
  kind: Kind,
): Extract<PerFilterConfig, { kind: Kind }> | undefined {
  const config = route && (route.perFilterConfig?.[name] ?? virtualHost?.perFilterConfig?.[name]);
  return config?.kind === kind ? (config as Extract<PerFilterConfig, { kind: Kind }>) : undefined;
}
