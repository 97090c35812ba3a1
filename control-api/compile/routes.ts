/** One VirtualService as one Gateway serves it: its routes in the order in which they are tried. */
import type { Origin, Route, RouteMatch } from '../../gateway/snapshot.ts';
import { fieldName } from '../analysis/about.ts';
import type { FieldPath } from '../resources/resource.ts';
import { translateCors } from './cors.ts';
import type { MergedVirtualService, WrittenRoute } from './delegates.ts';
import { directResponse } from './direct-response.ts';
import { translateFault } from './fault.ts';
import { forward, routeHeaders } from './forward.ts';
import type { Lookups } from './lookups.ts';
import { translateMatch } from './match.ts';
import { resolveGateway } from './names.ts';
import type { CompileInput } from './processor.ts';
import { redirect } from './redirect.ts';
import { hasLabels } from './select.ts';
import type { HttpMatchSpec } from './spec.ts';

/** Where a route is built for: everything that Istio decides at configuration time. */
export interface Bound {
  virtualService: MergedVirtualService;
  /** `namespace/name` */
  gateway: string;
  /** The server's port. */
  port: number;
  /** The server has a tls block. */
  isTls: boolean;
  input: CompileInput;
  lookups: Lookups;
}

/** Routes behind one that matches everything are never reached, so Istio does not send them. */
export function buildRoutes(bound: Bound): Route[] {
  const routes: Route[] = [];
  for (const written of bound.virtualService.http) {
    const matches = written.spec.match ?? [];
    if (matches.length === 0) return [...routes, buildRoute(written, undefined, 0, bound)];
    for (const [index, match] of matches.entries()) {
      if (!holdsHere(match, written, bound)) continue;
      const route = buildRoute(written, match, index, bound);
      routes.push(route);
      if (isCatchAll(route.match)) return routes;
    }
  }
  return routes;
}

/** Port, gateways and source are decided now: the "source" of a gateway's routes is the gateway itself. */
function holdsHere(match: HttpMatchSpec, { from }: WrittenRoute, { gateway, port, input }: Bound): boolean {
  if (match.port && match.port !== port) return false;
  if (match.gateways?.length) {
    return match.gateways.some((name) => resolveGateway(name, from.metadata.namespace) === gateway);
  }
  const { labels, namespace } = input.identity;
  return hasLabels(labels, match.sourceLabels) && (!match.sourceNamespace || match.sourceNamespace === namespace);
}

function buildRoute(written: WrittenRoute, match: HttpMatchSpec | undefined, index: number, bound: Bound): Route {
  const { spec } = written;
  const headers = routeHeaders(spec);
  const fault = translateFault(spec.fault);
  const cors = spec.corsPolicy && translateCors(spec.corsPolicy);
  const path = match ? ['spec', 'http', written.index, 'match', index] : ['spec', 'http', written.index];
  return {
    name: match?.name ? `${spec.name ?? ''}.${match.name}` : (spec.name ?? ''),
    match: translateMatch(match, Boolean(spec.rewrite?.uri)),
    action: spec.redirect
      ? redirect(spec.redirect, bound)
      : spec.directResponse
        ? directResponse(spec.directResponse)
        : forward(written, headers?.authority, bound),
    ...(headers?.operations && { headers: headers.operations }),
    ...(fault && { fault }),
    ...(cors && { cors }),
    origin: originOf(written, path),
  };
}

function originOf({ from }: WrittenRoute, path: FieldPath): Origin {
  const { namespace, name } = from.metadata;
  return { kind: from.kind, namespace, name, path: fieldName(path.slice(1)) };
}

/** Istio's notion: no condition but the path, and that `/` as a prefix or exactly `.*` as a regex (captured). */
export function isCatchAll({ path, headers, queryParams, claims }: RouteMatch): boolean {
  if (headers || queryParams || claims) return false;
  return !path || (path.kind === 'prefix' && path.value === '/') || (path.kind === 'regex' && path.value === '.*');
}
