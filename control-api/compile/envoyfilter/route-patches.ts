/** ROUTE_CONFIGURATION, VIRTUAL_HOST and HTTP_ROUTE patches: rate limits, per-filter configuration and headers merged where they match. */
import type {
  HeaderOperations,
  PerFilterConfig,
  RateLimitPolicy,
  Route,
  RouteTable,
  VirtualHost,
} from '../../../gateway/snapshot.ts';
import type { Draft } from '../processor.ts';
import { perFilterConfig } from './http-filter-config.ts';
import { EnvoyRejects, isJson, Message } from './message.ts';
import { type Patch, report } from './patches.ts';
import { rateLimitPolicies } from './rate-limits.ts';
import { headerOperation, type Runtime } from './values.ts';

/** What a patch adds to a virtual host or a route, read once. */
interface Addition {
  rateLimits: RateLimitPolicy[];
  includeVhRateLimits?: boolean;
  perFilterConfig: Record<string, PerFilterConfig>;
  headers: HeaderOperations;
  metadata?: Record<string, Record<string, unknown>>;
}

/** Merges every patch into the tables. A patch that nobody understands, or that matches nothing, is reported. */
export function patchRoutes(patches: readonly Patch[], runtime: Runtime, draft: Draft): void {
  for (const patch of patches) {
    if (patch.operation === 'REMOVE' && patch.applyTo === 'HTTP_ROUTE') removeRoutes(patch, draft);
    else if (patch.operation === 'MERGE' || patch.operation === 'MERGE_AND_REPLACE_LIST') merge(patch, runtime, draft);
    else report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `${patch.operation} of ${patch.applyTo}` });
  }
}

function merge(patch: Patch, runtime: Runtime, draft: Draft): void {
  const addition = additionOf(patch, runtime, draft);
  if (!addition) return;
  let matched = 0;
  for (const table of tablesOf(patch, draft)) {
    for (const [index, host] of table.virtualHosts.entries()) {
      if (!hostMatches(patch, host)) continue;
      const merged = MERGERS[patch.applyTo]?.(host, patch, addition) ?? host;
      if (merged === host) continue;
      table.virtualHosts[index] = merged;
      matched++;
    }
  }
  if (matched === 0) report(draft, patch, 'EnvoyFilterNoMatch', { what: `no ${patch.applyTo} matches${hint(patch)}` });
}

type Merger = (host: VirtualHost, patch: Patch, addition: Addition) => VirtualHost;

/** What a route table says holds for every virtual host that does not say otherwise. */
const MERGERS: Readonly<Record<string, Merger>> = {
  ROUTE_CONFIGURATION: (host, _patch, addition) =>
    mergeHost(host, { ...addition, perFilterConfig: { ...addition.perFilterConfig, ...host.perFilterConfig } }),
  VIRTUAL_HOST: (host, _patch, addition) => mergeHost(host, addition),
  HTTP_ROUTE: (host, patch, addition) => mergeRoutes(host, patch, addition),
};

/** People expect a pattern: `*:80` is the name of the virtual host of the host `*`, nothing else. */
function hint({ match }: Patch): string {
  const name = match.routeConfiguration?.vhost?.name;
  return name ? `: vhost.name "${name}" is compared exactly` : '';
}

function additionOf(patch: Patch, runtime: Runtime, draft: Draft): Addition | undefined {
  try {
    const message = new Message(patch.value);
    const isRoute = patch.applyTo === 'HTTP_ROUTE';
    // A route table has no rate limits of its own: there they stay unread, and are reported.
    const isTable = patch.applyTo === 'ROUTE_CONFIGURATION';
    const action = isRoute ? message.message('route') : isTable ? undefined : message;
    message.ignore('name');
    const addition: Addition = {
      rateLimits: rateLimitPolicies(action?.messages('rateLimits') ?? [], runtime),
      ...(action?.has('includeVhRateLimits') ? { includeVhRateLimits: action.flag('includeVhRateLimits') } : {}),
      perFilterConfig: perFilterConfigs(message, patch, runtime, draft),
      headers: headersOf(message),
      ...metadataOf(message),
    };
    for (const field of message.unread())
      report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `${patch.applyTo} field ${field}` });
    return addition;
  } catch (error) {
    if (!(error instanceof EnvoyRejects)) throw error;
    report(draft, patch, 'EnvoyRejectsPatch', { error: error.message });
    return undefined;
  }
}

function perFilterConfigs(
  message: Message,
  patch: Patch,
  runtime: Runtime,
  draft: Draft,
): Record<string, PerFilterConfig> {
  const value = message.get('typedPerFilterConfig');
  const configs: Record<string, PerFilterConfig> = {};
  for (const [name, typed] of Object.entries(isJson(value) ? value : {})) {
    const parsed = perFilterConfig(typed, runtime);
    if (parsed) configs[name] = parsed.config;
    else report(draft, patch, 'EnvoyFilterNotUnderstood', { what: `typed_per_filter_config of ${name}` });
    for (const field of parsed?.unread ?? [])
      report(draft, patch, 'EnvoyFilterFieldIgnored', { field: `${name}: ${field}` });
  }
  return configs;
}

function headersOf(message: Message): HeaderOperations {
  const request = headerOperation(message, 'request');
  const response = headerOperation(message, 'response');
  return { ...(request ? { request } : {}), ...(response ? { response } : {}) };
}

function metadataOf(message: Message): Pick<Addition, 'metadata'> {
  const value = message.message('metadata')?.get('filterMetadata');
  return isJson(value) ? { metadata: value as Record<string, Record<string, unknown>> } : {};
}

function tablesOf({ match }: Patch, draft: Draft): RouteTable[] {
  const wanted = match.routeConfiguration ?? {};
  return Object.values(draft.snapshot.routeTables).filter((table) => {
    if (wanted.name && wanted.name !== table.name) return false;
    const servers = draft.servers.filter(({ routeTable }) => routeTable === table.name);
    return servers.some(({ port, gateway, server }) => {
      if (wanted.portNumber && wanted.portNumber !== port) return false;
      if (wanted.portName && wanted.portName !== server.port.name) return false;
      return !wanted.gateway || wanted.gateway === `${gateway.metadata.namespace}/${gateway.metadata.name}`;
    });
  });
}

function hostMatches({ match }: Patch, host: VirtualHost): boolean {
  const wanted = match.routeConfiguration?.vhost;
  if (wanted?.domainName && !host.domains.includes(wanted.domainName)) return false;
  return !wanted?.name || wanted.name === host.name;
}

function mergeHost(host: VirtualHost, addition: Addition): VirtualHost {
  const merged = mergeLimits(host, addition);
  if (Object.keys(addition.headers).length === 0) return merged;
  return {
    ...merged,
    routes: host.routes.map((route) => ({ ...route, headers: mergeHeaders(route.headers, addition.headers) })),
  };
}

function mergeRoutes(host: VirtualHost, patch: Patch, addition: Addition): VirtualHost {
  if (!host.routes.some((route) => routeMatches(patch, route))) return host;
  return {
    ...host,
    routes: host.routes.map((route) => (routeMatches(patch, route) ? mergeRoute(route, addition) : route)),
  };
}

function mergeRoute(route: Route, addition: Addition): Route {
  const { includeVhRateLimits, headers, metadata } = addition;
  return {
    ...mergeLimits(route, addition),
    ...(includeVhRateLimits === undefined ? {} : { includeVhRateLimits }),
    ...(Object.keys(headers).length > 0 ? { headers: mergeHeaders(route.headers, headers) } : {}),
    ...(metadata ? { metadata: { ...route.metadata, ...metadata } } : {}),
  };
}

function mergeLimits<T extends Pick<Route, 'rateLimits' | 'perFilterConfig'>>(into: T, addition: Addition): T {
  const { rateLimits, perFilterConfig: configs } = addition;
  return {
    ...into,
    ...(rateLimits.length > 0 ? { rateLimits: [...(into.rateLimits ?? []), ...rateLimits] } : {}),
    ...(Object.keys(configs).length > 0 ? { perFilterConfig: { ...into.perFilterConfig, ...configs } } : {}),
  };
}

/** Envoy applies the route's operations before the virtual host's, so they simply follow. */
function mergeHeaders(before: HeaderOperations | undefined, added: HeaderOperations): HeaderOperations {
  const merged: HeaderOperations = { ...before };
  for (const direction of ['request', 'response'] as const) {
    const [a, b] = [before?.[direction], added[direction]];
    if (!b) continue;
    const join = <T>(left: T[] | undefined, right: T[] | undefined) =>
      left || right ? [...(left ?? []), ...(right ?? [])] : undefined;
    const [set, add, remove] = [join(a?.set, b.set), join(a?.add, b.add), join(a?.remove, b.remove)];
    merged[direction] = { ...(set ? { set } : {}), ...(add ? { add } : {}), ...(remove ? { remove } : {}) };
  }
  return merged;
}

const ACTIONS: Readonly<Record<string, Route['action']['kind']>> = {
  ROUTE: 'forward',
  REDIRECT: 'redirect',
  DIRECT_RESPONSE: 'direct',
};

function routeMatches({ match }: Patch, route: Route): boolean {
  const wanted = match.routeConfiguration?.vhost?.route;
  if (wanted?.name && wanted.name !== route.name) return false;
  const kind = ACTIONS[wanted?.action ?? 'ANY'];
  return kind === undefined || kind === route.action.kind;
}

function removeRoutes(patch: Patch, draft: Draft): void {
  let removed = 0;
  for (const table of tablesOf(patch, draft)) {
    for (const [index, host] of table.virtualHosts.entries()) {
      if (!hostMatches(patch, host)) continue;
      const routes = host.routes.filter((route) => !routeMatches(patch, route));
      removed += host.routes.length - routes.length;
      table.virtualHosts[index] = { ...host, routes };
    }
  }
  if (removed === 0) report(draft, patch, 'EnvoyFilterNoMatch', { what: `no ${patch.applyTo} matches${hint(patch)}` });
}
