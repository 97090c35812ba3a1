/** IngressRoutes: every alternative of a rule is a match, its middlewares are merged into the route. */
import type { HttpMatchSpec, HttpRouteSpec } from '../../compile/spec.ts';
import type { Draft } from '../draft.ts';
import { ofKind, type Source } from '../source.ts';
import { matchOf } from './matches.ts';
import { applyMiddlewares } from './middlewares.ts';
import { parseRule } from './rule.ts';
import { targetsOf } from './services.ts';
import { type IngressRouteSpec, TRAEFIK } from './spec.ts';

type RouteSpec = NonNullable<IngressRouteSpec['routes']>[number];
type IngressRoute = Source<IngressRouteSpec>;

/** Traefik's own names of its entry points for 80 and 443. */
const ENTRY_POINTS: Record<string, 'HTTP' | 'HTTPS'> = { web: 'HTTP', websecure: 'HTTPS' };

export function importIngressRoutes(draft: Draft): void {
  for (const source of ofKind<IngressRouteSpec>(draft.sources, TRAEFIK, 'IngressRoute')) {
    leaveTlsOptions(draft, source);
    for (const [index, route] of (source.spec.routes ?? []).entries()) {
      const matches = matchesOf(draft, source, route, index);
      for (const [host, ofHost] of Map.groupBy(matches, (entry) => entry.host)) {
        addServers(draft, source, host);
        addRoute(
          draft,
          source,
          route,
          host,
          ofHost.map(({ match }) => match),
        );
      }
    }
  }
}

/** `domains` only tell Traefik which certificates to ask for. */
function leaveTlsOptions(draft: Draft, source: IngressRoute): void {
  for (const field of ['options', 'certResolver'] as const)
    if (source.spec.tls?.[field])
      draft.leave(
        source,
        ['spec', 'tls', field],
        field === 'options'
          ? "options: set the versions in the Gateway's tls"
          : 'certResolver: name a Secret with the certificate',
      );
}

function matchesOf(draft: Draft, source: IngressRoute, { match = '' }: RouteSpec, index: number) {
  try {
    return parseRule(match).flatMap((alternative) => {
      const matched = matchOf(alternative);
      const hosts = matched.hosts.length > 0 ? matched.hosts : ['*'];
      return hosts.map((host) => ({ host, match: matched.match }));
    });
  } catch (error) {
    draft.leave(source, ['spec', 'routes', index, 'match'], (error as Error).message);
    return [];
  }
}

function addServers(draft: Draft, source: IngressRoute, host: string): void {
  const { namespace } = source;
  const { entryPoints = Object.keys(ENTRY_POINTS), tls } = source.spec;
  for (const name of entryPoints) {
    const protocol = ENTRY_POINTS[name];
    if (protocol === undefined)
      draft.leave(source, ['spec', 'entryPoints'], `the entry point ${name}: only web and websecure are known`);
    else if (protocol === 'HTTP') draft.servers.push({ namespace, host, protocol });
    else if (tls?.secretName) draft.servers.push({ namespace, host, protocol, credentialName: tls.secretName });
    else if (tls)
      draft.leave(source, ['spec', 'tls'], 'a certificate that Traefik makes or has by default: name a Secret');
  }
}

/** Traefik tries the longest rule first, unless a priority says otherwise. */
function addRoute(draft: Draft, source: IngressRoute, route: RouteSpec, host: string, matches: HttpMatchSpec[]): void {
  const prefixes = matches.flatMap(({ uri }) => uri?.prefix ?? uri?.exact ?? []);
  const scope = { hosts: [host], prefixes };
  const parts = applyMiddlewares(draft, source, route.middlewares ?? [], scope);
  const targets = parts.redirect ? {} : targetsOf(draft, source, route.services ?? []);
  if (!targets) return;
  const match = matches.filter((entry) => Object.keys(entry).length > 0);
  const http: HttpRouteSpec = { ...(match.length === matches.length && { match }), ...parts, ...targets };
  const priority = route.priority ?? route.match?.length ?? 0;
  draft.routes.push({ namespace: source.namespace, host, order: [-priority, source.name], http });
}
